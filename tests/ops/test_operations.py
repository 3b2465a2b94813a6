"""Primitive operations against torch: shapes, what stays zero, what may be overwritten."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st

import nas
from nas.errors import GenotypeError
from nas.ops import ACTIVATIONS, Activate, AdaptivePool, Conv, GlobalPool, Pad, Pool, Spec

SIDES = st.tuples(st.integers(1, 9), st.integers(1, 9))
SMALL = st.tuples(st.integers(1, 4), st.integers(1, 4))
BORDER = st.tuples(st.integers(0, 2), st.integers(0, 2))


@given(SIDES, SMALL, SMALL, BORDER, SMALL, st.sampled_from([1, 2, 3]))
def test_convolutions_fit_where_torchs_do(size, kernel, stride, padding, dilation, groups):
    op = Conv(6, kernel, stride, padding, groups, dilation=dilation)
    x = torch.zeros(1, 6, *size, device="meta")
    weight = torch.zeros(6, 6 // groups, *kernel, device="meta")
    try:
        y = F.conv2d(x, weight, None, stride, padding, dilation, groups)
    except RuntimeError:
        with pytest.raises(GenotypeError, match=r"kernel on a \d+x\d+ map"):
            op.infer(Spec(6, size))
        return
    out = op.infer(Spec(6, size))
    assert out.shape == tuple(y.shape[1:])
    assert op.total(out, Spec(6, size)).params == weight.numel()


@pytest.mark.parametrize(
    "block",
    ["preact(2, stride=2)", "fused_mbconv(7, stride=3, expand=0.01)", "shuffle_split(1, stride=2)",
     "mbconv(8, expand=1e-9, skip=False)"],
)  # fmt: skip
def test_a_ratio_that_leaves_no_channel_is_refused(block):
    with pytest.raises(GenotypeError, match=r"to 0 channels; .* raise it or the width"):
        nas.cost(f"image(4, 8, 8) >> {block}")


@given(SIDES, SMALL, SMALL, BORDER, st.booleans(), st.sampled_from(["max", "avg"]))
def test_pools_fit_where_torchs_do(size, kernel, stride, padding, ceil, kind):
    op = Pool(kind, kernel, stride, padding, ceil)
    x = torch.zeros(1, 3, *size)
    pool = {"max": F.max_pool2d, "avg": F.avg_pool2d}[kind]
    try:
        y = pool(x, kernel, stride, padding, ceil_mode=ceil)
    except RuntimeError:
        with pytest.raises(GenotypeError):
            op.infer(Spec(3, size))
        return
    assert op.infer(Spec(3, size)).shape == tuple(y.shape[1:])


@given(SIDES, SMALL)
def test_pools_to_a_size(size, wanted):
    y = F.adaptive_avg_pool2d(torch.zeros(1, 3, *size), wanted)
    assert AdaptivePool(wanted).infer(Spec(3, size)).shape == tuple(y.shape[1:])


@given(SIDES, BORDER, BORDER)
def test_borders(size, before, after):
    y = F.pad(torch.zeros(1, 3, *size), (before[1], after[1], before[0], after[0]))
    assert Pad(before, after).infer(Spec(3, size)).shape == tuple(y.shape[1:])


def run(op, x):
    scope = {"F": F, "torch": torch, "x": x}
    module = op.layer(Spec(x.shape[1], tuple(x.shape[2:])))
    if module is not None:
        scope["me"] = module.build(torch.device("cpu"))
        for parameter in scope["me"].parameters():
            torch.nn.init.constant_(parameter, 0.25)
    return eval(op.code(["x"], "me"), scope)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_activations_keep_zero_as_they_say(kind):
    op = Activate(kind)
    y = run(op, torch.zeros(2, 3, 4, 4))
    assert (y.abs().max() == 0) == op.keeps_zero
    assert y.shape == (2, 3, 4, 4)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_activations_may_be_overwritten_as_they_say(kind):
    """What lies behind an overwritable output leaves its gradient right."""
    op = Activate(kind)
    results = []
    for overwrite in (False, True):
        x = torch.linspace(-3, 7, 60).reshape(1, 3, 4, 5).requires_grad_()
        y = run(op, x)
        if overwrite and op.overwritable:
            y.mul_(2)
            y.sum().backward()
        else:
            (y * 2).sum().backward()
        results.append(x.grad)
    assert torch.equal(results[0], results[1])


@pytest.mark.parametrize("op", [Pool("max", (2, 2), (2, 2)), GlobalPool("max"), GlobalPool("avg")])
def test_pools_may_be_overwritten_as_they_say(op):
    x = torch.rand(1, 3, 4, 4, requires_grad=True)
    y = run(op, x)
    if op.overwritable:
        y.relu_()
    y.sum().backward()
    expected = {"max": 1.0, "avg": 1.0}[op.kind]
    assert x.grad.flatten(2).sum(2).max() >= expected * 0.99


@pytest.mark.parametrize("kind", ["relu6", "hardswish", "hardsigmoid", "mish", "elu", "silu"])
def test_activations_are_the_papers(kind):
    """Written out by their definitions."""
    x = torch.linspace(-8, 8, 33, dtype=torch.float64)
    relu6 = x.clamp(0, 6)
    shifted = (x + 3).clamp(0, 6) / 6
    by_definition = {
        "relu6": relu6,
        "hardsigmoid": shifted,  # arXiv:1905.02244, section 5.2
        "hardswish": x * shifted,
        "silu": x / (1 + (-x).exp()),  # arXiv:1702.03118
        "elu": torch.where(x > 0, x, x.exp() - 1),  # arXiv:1511.07289
        "mish": x * (1 + x.exp()).log().tanh(),  # arXiv:1908.08681
    }
    assert torch.allclose(
        run(Activate(kind), x[None, :, None, None]).flatten(), by_definition[kind]
    )


def test_scaled_tanh_is_lenets():
    """LeCun et al. 1998, appendix A: A tanh(S a) with A = 1.7159, S = 2/3, so that f(1) = 1."""
    y = run(Activate("scaled_tanh"), torch.tensor([[1.0, -1.0, 100.0]]))
    assert y.flatten().tolist() == pytest.approx([1.0, -1.0, 1.7159], abs=1e-4)
