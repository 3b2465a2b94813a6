import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FOLDERS = [str(HERE), str(HERE.parent / "search")]


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """The worker's child unpickles the evaluator by its module's name."""
    monkeypatch.setenv("PYTHONPATH", ":".join(FOLDERS))
    for folder in FOLDERS:
        if folder not in sys.path:
            sys.path.insert(0, folder)
