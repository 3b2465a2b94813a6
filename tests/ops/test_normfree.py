"""What networks without normalisation are made of, against timm's layers and against integrals."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from witness import timm

import nas
from nas.dsl import default, image, nf_bottleneck, nfnet, wsconv
from nas.errors import GenotypeError
from nas.genotype.recording import graph
from nas.ops import GAINS

ScaledStdConv2d = timm.layers.ScaledStdConv2d
ScaledStdConv2dSame = timm.layers.ScaledStdConv2dSame

FUNCTIONS = {
    "none": lambda x: x,
    "elu": F.elu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "hardswish": F.hardswish,
    "leaky_relu": F.leaky_relu,
    "mish": F.mish,
    "relu": F.relu,
    "relu6": F.relu6,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "tanh": torch.tanh,
}


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("act", GAINS)
def test_gains_are_one_over_the_deviation_after_the_activation(act: str) -> None:
    """Integrated over the normal density; the published ones were sampled, to a part in a
    thousand."""
    x = torch.linspace(-10, 10, 200_001, dtype=torch.float64)
    weight = torch.exp(-x * x / 2) / math.sqrt(2 * math.pi) * (x[1] - x[0])
    y = FUNCTIONS[act](x)
    mean = (y * weight).sum()
    deviation = ((y - mean) ** 2 * weight).sum().sqrt()
    assert GAINS[act] == pytest.approx(1 / float(deviation), rel=1e-3)


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize(("kernel", "stride", "groups"), [(1, 1, 1), (3, 2, 2), (7, 2, 1)])
@pytest.mark.parametrize("gain", ["act", "weights"])
def test_scaled_convolution_is_timm_s(
    same: bool, kernel: int, stride: int, groups: int, gain: str
) -> None:
    kind = ScaledStdConv2dSame if same else ScaledStdConv2d
    gamma = GAINS["gelu"] if gain == "weights" else 1.0
    theirs = kind(8, 12, kernel, stride, groups=groups, gamma=gamma, eps=1e-5)
    settings = default(act="gelu", padding="same" if same else "half")
    block = wsconv(12, kernel, stride=stride, groups=groups, act="none", gain=gain)
    network = image(8, 16, 16) >> settings >> block
    ours = nas.compile(network)
    assert nas.cost(network).params == sum(p.numel() for p in theirs.parameters())
    layer = ours.wsconv.conv
    with torch.no_grad():
        for seed, name in enumerate(("weight", "bias", "gain")):
            value = getattr(theirs, name)
            value.copy_(noise(*value.shape, seed=seed))
            getattr(layer, name).copy_(value)
    x = noise(2, 8, 16, 16)
    here, there = x.clone().requires_grad_(), x.clone().requires_grad_()
    torch.testing.assert_close(ours(here), theirs(there))
    ours(here).square().sum().backward()
    theirs(there).square().sum().backward()
    torch.testing.assert_close(here.grad, there.grad)
    torch.testing.assert_close(layer.weight.grad, theirs.weight.grad)


def test_a_filter_s_scale_and_shift_do_not_matter() -> None:
    network = image(3, 8, 8) >> wsconv(5, 3)
    one, other = nas.compile(network, seed=0), nas.compile(network, seed=0)
    with torch.no_grad():
        weight = other.wsconv.conv.weight
        weight.mul_(3).add_(noise(5, 1, 1, 1))
    x = noise(2, 3, 8, 8)
    torch.testing.assert_close(one(x), other(x), rtol=1e-3, atol=1e-4)


def test_expected_variance_grows_in_a_stage_and_begins_anew_at_its_transition() -> None:
    """arXiv:2101.08692, section 3: 1, then alpha**2 more a block; after a transition as after one
    block."""
    network = image(3, 32, 32) >> wsconv(16, 3) >> nf_bottleneck(16, alpha=0.5) * 3
    network = network >> nf_bottleneck(32, stride=2, alpha=0.5) >> wsconv(8)
    seen = [node.spec.variance for node in graph(network).nodes]
    assert seen == pytest.approx([1, 1, 1.25, 1.5, 1.75, 1.25, 1])


def test_signals_have_the_expected_variance_at_first() -> None:
    """Measured on the built network, the branch switched on, its last gains as drawn."""
    network = image(64, 24, 24) >> default(act="relu") >> wsconv(256, act="none")
    network = network >> nf_bottleneck(256, alpha=1.0, skip_gain=True) * 4
    model = nas.compile(network, seed=0)
    seen: list[float] = []
    for module in model.modules():
        if type(module).__name__ == "SkipGain":
            torch.nn.init.ones_(module.gain)
    for block in model.nf_bottleneck:
        block.register_forward_hook(lambda _, __, y: seen.append(float(y.var())))
    with torch.no_grad():
        model(noise(4, 64, 24, 24))
    assert seen == pytest.approx([2, 3, 4, 5], rel=0.2)


def test_branches_are_absent_at_first() -> None:
    x = noise(2, 16, 8, 8)
    for skip_gain in (True, False):
        network = image(16, 8, 8) >> nfnet(16, group_width=4, skip_gain=skip_gain)
        model = nas.compile(network, seed=1)
        torch.testing.assert_close(model(x), x)


def test_an_activation_without_a_known_gain_is_refused_at_its_place() -> None:
    with pytest.raises(GenotypeError, match=r"^nfnet: no gain is known .* 'softmax'; take one of"):
        nas.cost(image(3, 8, 8) >> nfnet(8, act="softmax"))


def test_a_filter_of_one_weight_is_refused() -> None:
    with pytest.raises(GenotypeError, match=r"^wsconv\S*: a filter of one weight, 1x1 on one"):
        nas.cost(image(1, 8, 8) >> wsconv(8, 1))


def test_networks_are_copied_exported_and_counted() -> None:
    network = image(3, 32, 32) >> default(padding="same") >> wsconv(16, 3, stride=2)
    network = network >> nfnet(32, stride=2, group_width=8) * 2
    model = nas.compile(network, seed=0)
    for module in model.modules():
        if type(module).__name__ == "SkipGain":
            torch.nn.init.ones_(module.gain)
    x = noise(2, 3, 32, 32)
    expected = model(x)
    torch.testing.assert_close(copy.deepcopy(model)(x), expected)
    torch.testing.assert_close(torch.export.export(model, (x,)).module()(x), expected)
    assert sum(p.numel() for p in model.parameters()) == nas.cost(network).params
    expected.sum().backward()
    assert all(p.grad is not None for p in model.parameters())
