"""studies/speed: its comparisons are of equals; nothing is held to time."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import torch

import nas

SPEED = Path(__file__).parents[2] / "studies" / "speed"


@pytest.fixture(autouse=True)
def among_the_scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(SPEED))


def test_the_ten_are_the_same_networks():
    timm = import_module("peers").timm
    for network in import_module("networks").TEN:
        with torch.device("meta"):
            theirs = timm.create_model(network.timm)
        mine = nas.compile(network.nas, device="meta")
        assert [sum(each.numel() for each in one.parameters()) for one in (mine, theirs)] == [
            nas.cost(network.nas).training_params
        ] * 2


def test_the_exponent_is_the_logarithms_slope():
    exponent = import_module("growth").exponent
    assert exponent([10.0, 100.0, 1000.0], [2.0, 20.0, 200.0]) == pytest.approx(1)
    assert exponent([10.0, 100.0, 1000.0], [1.0, 100.0, 10000.0]) == pytest.approx(2)


def test_what_grows_has_the_nodes_that_it_says():
    growth = import_module("growth")
    for write in (growth.chain, growth.residual):
        for count in (100, 1000):
            nodes = len(nas.cost(nas.parse(write(count))).flat.nodes)
            assert 0.8 * count < nodes < 1.2 * count


def test_a_slots_waits_are_between_its_trials():
    idle = import_module("searching").idle
    told = [(0.0, 1.0), (0.5, 1.5), (1.2, 2.2), (1.6, 2.6), (2.5, 3.5)]
    assert idle(told) == pytest.approx([0.2, 0.1, 0.3])


def test_the_one_command_says_what_it_measures():
    said = subprocess.run(
        [sys.executable, str(SPEED / "all.py"), "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "--only" in said
    assert "{counting,building," in said
