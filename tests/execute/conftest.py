import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FOLDERS = [str(HERE), str(HERE.parent / "search")]


@pytest.fixture(autouse=True)
def importable(monkeypatch, tmp_path):
    """Workers unpickle the evaluator by its module's name; their test is known by a mark."""
    monkeypatch.setenv("NAS_TEST", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", ":".join(FOLDERS))
    for folder in FOLDERS:
        if folder not in sys.path:
            sys.path.insert(0, folder)
