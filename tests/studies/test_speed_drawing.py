"""studies/speed/drawing.py: what it draws fits and costs what it says; nothing is held to time."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from nas.search.candidates import Candidates
from nas.search.limits import Limits
from nas.space import Space, load

SCRIPT = Path(__file__).parents[2] / "studies" / "speed" / "drawing.py"


@pytest.mark.parametrize("space", ["mbconv", "mbconv_layerwise"])
def test_drawn_candidates_fit_and_are_counted_exactly(
    space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    study = runpy.run_path(str(SCRIPT))
    among = Candidates(Space(load(space)), Limits(macs=300_000_000))
    rng = np.random.default_rng(0)
    assert study["drawn"](among, rng, 5) >= 5
    assert study["checked"](among, rng, 8) > 0
    assert study["spread"]([0.001, 0.002]).endswith("667 a second")
