"""Thin NFNets against timm's: the same code as F0 to F6, a hundredth of the weights."""

import orders
import pytest
from thin import same_outputs
from witness import timm

import nas
from nas.dsl import classifier, default, image, nfnet, wsconv
from nas.genotype import Genotype
from nas.zoo.nfnet import nfnet_f

CHANNELS = (32, 64, 96, 96)
OPTIONS = {"channels": CHANNELS, "stem_chs": 16, "num_features": 48, "group_size": 8}


def thin(*, gain: str, padding: str, skip_gain: bool) -> Genotype:
    network = image(3, 75, 75) >> default(act="gelu", gain=gain, padding=padding)
    network = network >> wsconv(2, 3, stride=2) >> wsconv(4, 3) >> wsconv(8, 3)
    network = network >> wsconv(16, 3, stride=2, act="none")
    for out, depth, stride in zip(CHANNELS, (1, 2, 6, 3), (1, 2, 2, 2), strict=True):
        block = nfnet(out, stride=stride, group_width=8, skip_gain=skip_gain)
        network = network >> block * depth
    return network >> wsconv(48) >> classifier(1000)


def test_thin_nfnet_of_the_paper_is_timm_s() -> None:
    theirs = timm.create_model("dm_nfnet_f0", **OPTIONS)
    network = thin(gain="act", padding="same", skip_gain=True)
    same_outputs(theirs, network, orders.skip_gains)


def test_thin_nfnet_with_gains_in_the_weights_is_timm_s() -> None:
    theirs = timm.create_model("nfnet_f0", **OPTIONS)
    same_outputs(theirs, thin(gain="weights", padding="half", skip_gain=False))


@pytest.mark.parametrize("size", range(7))
def test_sizes_differ_in_depth_only(size: int) -> None:
    text = str(nfnet_f(size))
    assert len(text.splitlines()) < 15
    assert nas.parse(text) == nfnet_f(size)
    assert text.count("nfnet(") == 4
    assert f"nfnet(1536, stride=2) * {6 * (size + 1)}" in text
