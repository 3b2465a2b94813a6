import subprocess
import sys

import pytest

import nas.train
from nas.train import Epoch, History


def test_a_history_survives_its_json():
    history = History("x", 3, (Epoch(1, (2.0, 1.0), 10, 0.5), Epoch(2, (0.5,), 10, 0.25)))
    assert History.from_json(history.to_json()) == history
    assert history.losses == (2.0, 1.0, 0.5)
    assert history.seconds == 0.75
    assert history.epochs[0].loss == 1.5


def test_the_package_loads_torch_only_when_it_is_needed():
    code = (
        "import sys, nas.train; from nas.train import Recipe, History\n"
        "Recipe.load('proxy'); assert 'torch' not in sys.modules\n"
        "nas.train.fit; assert 'torch' in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = nas.train.nothing
