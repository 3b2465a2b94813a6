"""A layer made anew is what torch's constructor makes, but for weights that are yet to be drawn."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nas.ops import Layer, layers
from nas.ops.fresh import NORMS, bare, fresh

CPU = torch.device("cpu")
SOME = [
    Layer("Conv2d", (8, 12, (3, 1)), (("groups", 4), ("bias", False))),
    Layer("Conv2d", (3, 12, 4), (("stride", 4),)),
    Layer("Linear", (8, 5)),
    Layer("BatchNorm2d", (8,), (("eps", 1e-3), ("momentum", 0.01))),
    Layer("BatchNorm1d", (8,)),
    Layer("LayerNorm", (8,), (("eps", 1e-6),)),
    Layer("PReLU", (8,)),
    Layer("Hardswish"),
    Layer("SkipGain"),
    Layer("QueryKeyValue", (8, 16)),
    Layer("ScaledConv2d", (8, 12, 3), (("factor", 1.7),)),
    Layer("Attend", (2, (8, 8), (4, 4), (2, 2), "continuous", True)),
]
EVERY = pytest.mark.parametrize("layer", SOME, ids=str)


def constructed(layer):
    make = getattr(nn, layer.kind, None) or getattr(layers, layer.kind)
    return make(*layer.args, **dict(layer.options))


def settings(module):
    parts = ("_parameters", "_buffers", "_modules")
    return {name: value for name, value in vars(module).items() if name not in parts}


@EVERY
def test_it_is_what_the_constructor_makes(layer):
    before = torch.get_rng_state()
    made = fresh(layer, CPU)
    assert torch.equal(torch.get_rng_state(), before)
    expected = constructed(layer)
    assert repr(made) == repr(expected)
    for one, other in zip(made.modules(), expected.modules(), strict=True):
        assert type(one) is type(other)
        assert settings(one) == settings(other)
        for held, wanted in ((one._parameters, other._parameters), (one._buffers, other._buffers)):
            assert list(held) == list(wanted)
            for mine, theirs in zip(held.values(), wanted.values(), strict=True):
                assert type(mine) is type(theirs)
                if mine is not None:
                    assert (mine.shape, mine.dtype) == (theirs.shape, theirs.dtype)
                    assert mine.requires_grad == theirs.requires_grad
                    assert not isinstance(one, NORMS) or torch.equal(mine, theirs)


@EVERY
def test_two_share_nothing(layer):
    one, other = fresh(layer, CPU), fresh(layer, CPU)
    for tensor in one.state_dict().values():
        tensor.zero_()
    for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True):
        assert a.data_ptr() != b.data_ptr()
    one.register_forward_hook(lambda *given: None)
    one.extra = nn.Identity()
    assert not other._forward_hooks
    assert not hasattr(other, "extra")
    assert not fresh(layer, CPU)._forward_hooks


def test_without_memory_nothing_is_allocated():
    wide = fresh(Layer("Linear", (1 << 24, 1 << 24)), torch.device("meta"))
    assert all(each.is_meta for each in wide.parameters())
    norm = fresh(Layer("BatchNorm2d", (8,)), torch.device("meta"))
    assert all(each.is_meta for each in (*norm.parameters(), *norm.buffers()))


def test_bare_modules_have_no_parts():
    one, other = bare(nn.Sequential), bare(nn.Sequential)
    one.add_module("0", nn.Identity())
    assert settings(other) == settings(nn.Sequential())
    assert len(one) == 1
    assert len(other) == 0
