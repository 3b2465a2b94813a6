"""What is dropped in training: numbers (dropout) and whole residual branches (drop-path)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nas.ops._base import Layer, Op, Spec


@dataclass(frozen=True, slots=True)
class Dropout(Op):
    """The same shape: in training each number is zero with probability `rate` (arXiv:1207.0580)."""

    name: ClassVar[str] = "dropout"
    keeps_zero: ClassVar[bool] = True
    random: ClassVar[bool] = True
    lies: ClassVar[str] = "any"

    rate: float

    def infer(self, *inputs: Spec) -> Spec:
        """As the input."""
        return inputs[0]

    def keeps(self, out: Spec, *inputs: Spec) -> int:
        """The mask."""
        return out.elements

    @property
    def trivial(self) -> bool:
        """Dropping nothing."""
        return self.rate == 0

    def layer(self, *inputs: Spec) -> Layer:
        """`nn.Dropout`, so that its rate can be changed on the module."""
        return Layer("Dropout", (self.rate,))


@dataclass(frozen=True, slots=True)
class DropPath(Op):
    """The same shape: in training an image's whole branch is zero with probability `rate`
    (arXiv:1603.09382)."""

    name: ClassVar[str] = "drop_path"
    keeps_zero: ClassVar[bool] = True
    random: ClassVar[bool] = True
    lies: ClassVar[str] = "any"

    rate: float

    def infer(self, *inputs: Spec) -> Spec:
        """As the input."""
        return inputs[0]

    @property
    def trivial(self) -> bool:
        """Dropping nothing."""
        return self.rate == 0

    def layer(self, *inputs: Spec) -> Layer:
        """`nas.ops.layers.DropPath`."""
        return Layer("DropPath", (self.rate,))
