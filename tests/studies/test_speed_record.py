"""studies/speed/record.py: its line, at a tenth of the trials."""

import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "studies" / "speed" / "record.py"


@pytest.mark.parametrize("space", ["", "mbconv"])
def test_two_fsyncs_a_trial(space: str) -> None:
    line = runpy.run_path(str(SCRIPT))["main"](space, 100)
    assert "2.00 fsyncs" in line
    assert "100 trials read back" in line
