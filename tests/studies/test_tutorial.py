"""The tutorial is run from top to bottom, in an empty folder, as a reader would."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "studies" / "tutorial"))

import page


def test_everything_on_the_page_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    printed = {}
    for kind, text in page.steps():
        printed[text if kind == "nas" else kind] = page.done(kind, text, tmp_path)
    assert "8 decisions, 576 points" in printed["show space.nas"]
    assert (tmp_path / "found" / "report" / "report.html").stat().st_size > 100_000
    assert (tmp_path / "space.svg").read_text().startswith("<svg")
    (trained,) = (told for command, told in printed.items() if command.startswith("train "))
    (accuracy,) = re.findall(r"^test: accuracy ([\d.]+)", trained, re.MULTILINE)
    assert float(accuracy) > 0.5
    assert "+" in printed["diff found larger.nas"]
    assert printed["python"].strip() in {path.name for path in (tmp_path / "photos").iterdir()}
