"""studies/speed/feeding.py: both sides do the same work; nothing is held to time."""

import gc
import runpy
from pathlib import Path

import pytest

SPEED = Path(__file__).parents[2] / "studies" / "speed"


@pytest.fixture
def study(monkeypatch):
    monkeypatch.syspath_prepend(str(SPEED))
    monkeypatch.setattr(gc, "collect", int)  # only to time undisturbed, and takes long in a test
    return runpy.run_path(str(SPEED / "feeding.py"))


def test_each_part_runs_and_prints_its_line(study, tmp_path, capsys):
    study["policies"](16, 4, rounds=2)
    study["stream"](study["photographs"](tmp_path, 4), rounds=2)
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(",")[0] for line in told] == ["RandAugment", "AutoAugment", "streaming"]
    picture = study["opened"](tmp_path / "0.jpg")
    assert (picture.size, picture.mode) == ((500, 375), "RGB")
