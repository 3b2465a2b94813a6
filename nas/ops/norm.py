"""Normalisation: batch norm (arXiv:1502.03167), layer norm (arXiv:1607.06450) and AlexNet's local
response norm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nas.ops._base import Layer, Op, Spec, Total


@dataclass(frozen=True, slots=True)
class BatchNorm(Op):
    """The same shape: each channel gets the batch's mean 0 and variance 1, then a learned scale
    and shift."""

    name: ClassVar[str] = "norm"
    saves_input: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True
    keeps_zero: ClassVar[bool] = (
        True  # its shift starts at zero; a branch that only ever shifts is dead
    )

    eps: float = 1e-5
    momentum: float = 0.1  # torch's: the share of the new batch

    def infer(self, *inputs: Spec) -> Spec:
        """As the input."""
        return inputs[0]

    def total(self, out: Spec, *inputs: Spec) -> Total:
        """Scale and shift a channel."""
        return Total(2 * out.channels)

    def layer(self, *inputs: Spec) -> Layer:
        """`nn.BatchNorm2d` on maps, `nn.BatchNorm1d` on tokens and vectors."""
        kind = "BatchNorm2d" if len(inputs[0].size) == 2 else "BatchNorm1d"
        options: list[tuple[str, object]] = []
        if self.eps != 1e-5:
            options.append(("eps", self.eps))
        if self.momentum != 0.1:
            options.append(("momentum", self.momentum))
        return Layer(kind, (inputs[0].channels,), tuple(options))


@dataclass(frozen=True, slots=True)
class LayerNorm(Op):
    """The same shape: the channels of each pixel or token get mean 0 and variance 1, then a
    learned scale and shift."""

    name: ClassVar[str] = "norm"
    saves_input: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True
    keeps_zero: ClassVar[bool] = True  # as batch norm's
    lies: ClassVar[str] = "last"

    eps: float = 1e-6

    def infer(self, *inputs: Spec) -> Spec:
        """As the input."""
        return inputs[0]

    def total(self, out: Spec, *inputs: Spec) -> Total:
        """Scale and shift a channel."""
        return Total(2 * out.channels)

    def layer(self, *inputs: Spec) -> Layer:
        """`nn.LayerNorm`."""
        options = () if self.eps == 1e-5 else (("eps", self.eps),)
        return Layer("LayerNorm", (inputs[0].channels,), options)


@dataclass(frozen=True, slots=True)
class LocalResponseNorm(Op):
    """The same shape: each response is divided by those of its `size` neighbouring channels
    (AlexNet, 2012)."""

    name: ClassVar[str] = "lrn"
    saves_input: ClassVar[bool] = True
    keeps_zero: ClassVar[bool] = True

    size: int = 5  # channels
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def infer(self, *inputs: Spec) -> Spec:
        """As the input, which must be a map."""
        _ = inputs[0].map
        return inputs[0]

    def keeps(self, out: Spec, *inputs: Spec) -> int:
        """Squares with a border of channels, their scaled means, and the power."""
        return 3 * out.elements + (self.size - 1) * out.elements // out.channels

    def code(self, args: Sequence[str], me: str) -> str:
        """`F.local_response_norm`."""
        return f"F.local_response_norm({args[0]}, {self.size}, {self.alpha}, {self.beta}, {self.k})"
