"""Scaling any genotype: references and spaces keep what they are."""

import numpy as np
import pytest

import nas
from nas.costs import figures
from nas.scaling import scale
from nas.scaling.resolution import smallest
from nas.space import Space, known, load
from nas.zoo import references

WIDTHS = (0.5, 0.9, 1, 1.1, 1.4, 2)
DEPTHS = (0.5, 1, 1.4, 2)
SIZES = (0.7, 1, 1.15, 1.6)
SAMPLE = (
    "lenet5", "alexnet_2012", "resnext50_32x4d", "googlenet", "inception_resnet_v1", "densenet121",
    "shufflenet_g3_w1", "shufflenet_v2_x1_0", "senet154", "regnet_y_400mf",
    "dm_nfnet_f0", "vit_tiny_patch16_224", "swin_t", "coatnet_0_rw_224",
)  # fmt: skip


def keeps_its_laws(network):
    """Identity, text, what comes out, and costs that never fall."""
    assert scale(network, 1, 1, 1) is network
    out = nas.cost(network).graph.spec
    for name, factors in (("width", WIDTHS), ("depth", DEPTHS), ("resolution", SIZES)):
        macs = params = 0
        for factor in factors:
            if name == "resolution" and factor < smallest(network):
                continue  # LeNet's last convolution has no smaller image
            scaled = scale(network, **{name: factor})
            assert nas.parse(str(scaled)) == scaled
            found = figures(scaled)
            assert found.macs >= macs, (name, factor)
            if name != "resolution":
                assert found.params >= params, (name, factor)
            macs, params = found.macs, found.params
            if factor in (0.5, 2):
                assert nas.cost(scaled).graph.spec == out


@pytest.mark.parametrize("name", SAMPLE)
def test_references(name):
    keeps_its_laws(nas.genotype(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(references()))
def test_every_reference(name):
    keeps_its_laws(nas.genotype(name))


@pytest.mark.parametrize("name", known())
def test_a_scaled_space_s_networks_build(name):
    rng = np.random.default_rng(2)
    for how in ({"width": 0.5}, {"width": 1.3, "depth": 1.5, "resolution": 1.25}):
        scaled = Space(scale(load(name), **how))
        for _ in range(2):
            nas.cost(scaled.resolve(scaled.sample(rng)))
