"""What networks without normalisation are made of: standardised weights, gains, weighted sums.

Source: arXiv:2101.08692; arXiv:2102.06171.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar

from nas.errors import GenotypeError
from nas.ops._base import Layer, Op, Pair, Spec, Total
from nas.ops.combine import Add
from nas.ops.conv import Conv

# what an activation of normally distributed numbers must be multiplied with to have variance 1
GAINS: Mapping[str, float] = MappingProxyType(
    {
        # deepmind-research/nfnets/base.py
        "none": 1.0,
        "elu": 1.2716004848480225,
        "gelu": 1.7015043497085571,
        "leaky_relu": 1.70590341091156,
        "relu": 1.7139588594436646,
        "relu6": 1.7131484746932983,
        "sigmoid": 4.803835391998291,
        "silu": 1.7881293296813965,
        "tanh": 1.5939117670059204,
        # those were sampled, these are integrated
        "gelu_tanh": 1.7009,
        "hardswish": 1.8139,
        "mish": 1.5920,
    }
)


@dataclass(frozen=True, slots=True)
class ScaledConv(Op):
    """As its convolution, each filter standardised to mean 0 and variance 1 / inputs, times a
    learned gain."""

    name: ClassVar[str] = "conv"
    saves_input: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True

    conv: Conv
    factor: float = 1.0  # a constant beside the learned gain
    begin: float = 1.0  # the learned gain at first

    @property
    def keeps_zero(self) -> bool:
        """Without a bias nothing comes of nothing."""
        return self.conv.keeps_zero

    def infer(self, *inputs: Spec) -> Spec:
        """As the convolution; of variance 1."""
        (x,) = inputs
        if self.conv.kernel == (1, 1) and x.channels == self.conv.groups:
            raise GenotypeError(
                "a filter of one weight, 1x1 on one channel, can't be standardised; raise the "
                "kernel or the channels of a group"
            )
        return self.conv.infer(x)

    def total(self, out: Spec, *inputs: Spec) -> Total:
        """As the convolution and a gain a filter more; standardising is elementwise work on the
        weights."""
        params, *rest = self.conv.total(out, *inputs)
        return Total(params + self.conv.out, *rest)

    def layer(self, *inputs: Spec) -> Layer:
        """`nas.ops.layers.ScaledConv2d`."""
        layer = self.conv.layer(*inputs)
        own = (("factor", self.factor), ("begin", self.begin))
        mine = tuple((name, value) for name, value in own if value != 1)
        return replace(layer, kind="ScaledConv2d", options=layer.options + mine)

    def window(self, x: Spec) -> tuple[Pair, Pair]:
        """The convolution's."""
        return self.conv.window(x)


@dataclass(frozen=True, slots=True)
class Scale(Op):
    """The same shape: every number times a constant."""

    name: ClassVar[str] = "scale"
    overwritable: ClassVar[bool] = True
    keeps_zero: ClassVar[bool] = True
    lies: ClassVar[str] = "any"

    factor: float

    def infer(self, *inputs: Spec) -> Spec:
        """As the input."""
        return inputs[0]

    @property
    def trivial(self) -> bool:
        """Times 1."""
        return self.factor == 1

    def code(self, args: Sequence[str], me: str) -> str:
        """`x * c`."""
        return f"{args[0]} * {self.factor!r}"

    def in_place(self, args: Sequence[str], me: str) -> str | None:
        """Overwrites its input."""
        return f"{args[0]}.mul_({self.factor!r})"


@dataclass(frozen=True, slots=True)
class AddScaled(Op):
    """x, y of one shape -> x + alpha * y; of variance alpha**2 more than x, where y's is 1."""

    name: ClassVar[str] = "add"
    overwritable: ClassVar[bool] = True
    keeps_zero: ClassVar[bool] = True
    lies: ClassVar[str] = "any"

    alpha: float

    def infer(self, *inputs: Spec) -> Spec:
        """As the first input, its variance grown."""
        x = Add().infer(*inputs)
        return replace(x, variance=x.variance + self.alpha**2)

    def code(self, args: Sequence[str], me: str) -> str:
        """`torch.add`."""
        return f"torch.add({args[0]}, {args[1]}, alpha={self.alpha!r})"


@dataclass(frozen=True, slots=True)
class SkipGain(Op):
    """The same shape: all times one learned number that begins at zero (arXiv:2002.10444)."""

    name: ClassVar[str] = "skip_gain"
    saves_input: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True
    keeps_zero: ClassVar[bool] = True
    lies: ClassVar[str] = "any"

    def infer(self, *inputs: Spec) -> Spec:
        """As the input."""
        return inputs[0]

    def total(self, out: Spec, *inputs: Spec) -> Total:
        """One."""
        return Total(1)

    def layer(self, *inputs: Spec) -> Layer:
        """`nas.ops.layers.SkipGain`."""
        return Layer("SkipGain")
