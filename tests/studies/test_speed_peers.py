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


def test_building_is_compared_with_the_faster_peer_by_each_clock():
    building, times = import_module("building"), import_module("abba").Times
    spent = {
        "nas": times(wall=[1.0, 2.0, 1.0], cpu=[2.0, 2.0, 2.0]),
        "timm": times(wall=[4.0, 4.0, 4.0], cpu=[5.0, 6.0, 7.0]),
        "torchvision": times(wall=[3.0, 3.0, 3.0], cpu=[8.0, 8.0, 8.0]),
        "nas, first": times(cpu=[4.0, 4.0, 4.0]),
        "timm, first": times(cpu=[8.0, 8.0, 8.0]),
    }
    assert building.faster(spent, "wall") == [3.0, 1.5, 3.0]
    assert building.faster(spent, "cpu") == [2.5, 3.0, 3.5]
    assert building.faster(spent, "cpu", ", first") == [2.0, 2.0, 2.0]
    assert [building.verdict(each) for each in (1.99, 2.0)] == ["fails", "holds"]


def test_what_is_done_before_a_way_is_not_timed():
    seen = []
    import_module("abba").turns(
        {"a": lambda: seen.append("a"), "b": lambda: seen.append("b")},
        rounds=1,
        before={"b": lambda: seen.append("before b")},
    )
    assert "".join(seen[2:]) == "abefore bbbefore bba"


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
