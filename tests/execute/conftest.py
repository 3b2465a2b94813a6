import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """The worker's child unpickles the evaluator by its module's name."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    if str(Path(__file__).parent) not in sys.path:
        sys.path.insert(0, str(Path(__file__).parent))
