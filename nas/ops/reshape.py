"""What begins a graph or only rearranges: image, padding, flattening, memory's order, zeros."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from nas.errors import GenotypeError
from nas.ops._base import Layer, Op, Pair, Spec
from nas.ops.conv import tight


@dataclass(frozen=True, slots=True)
class Input(Op):
    """Where a graph begins."""

    name: ClassVar[str] = "input"

    spec: Spec

    def infer(self, *inputs: Spec) -> Spec:
        """The image."""
        return self.spec

    def code(self, args: Sequence[str], me: str) -> str:
        """Never written: it is `forward`'s argument."""
        raise AssertionError("an input is forward's argument")


@dataclass(frozen=True, slots=True)
class Pad(Op):
    """(C, H, W) -> (C, H + top + bottom, W + left + right): a border of `value`."""

    name: ClassVar[str] = "pad"
    overwritable: ClassVar[bool] = True

    before: Pair  # pixels at the top and left
    after: Pair  # pixels at the bottom and right
    value: float = 0.0

    @property
    def keeps_zero(self) -> bool:
        """Zeros around zeros."""
        return self.value == 0

    @property
    def trivial(self) -> bool:
        """No border."""
        return self.before == self.after == (0, 0)

    def infer(self, *inputs: Spec) -> Spec:
        """Larger by the border."""
        height, width = inputs[0].map
        top_left, bottom_right = self.before, self.after
        size = (height + top_left[0] + bottom_right[0], width + top_left[1] + bottom_right[1])
        if min(size) < 1:
            raise GenotypeError(f"cropping {self} leaves nothing of a {height}x{width} map")
        return Spec(inputs[0].channels, size)

    def code(self, args: Sequence[str], me: str) -> str:
        """`F.pad`."""
        sides = (self.before[1], self.after[1], self.before[0], self.after[0])
        value = f', value=float("{self.value}")' if self.value else ""
        return f"F.pad({args[0]}, {sides}{value})"

    def window(self, x: Spec) -> tuple[Pair, Pair]:
        """Sees one pixel."""
        return (1, 1), (1, 1)

    def __str__(self) -> str:
        """Both corners."""
        return f"{tight(self.before)} before and {tight(self.after)} after"


@dataclass(frozen=True, slots=True)
class Flatten(Op):
    """(C, H, W) -> (C * H * W,)."""

    name: ClassVar[str] = "flatten"
    view: ClassVar[bool] = True
    keeps_zero: ClassVar[bool] = True

    def infer(self, *inputs: Spec) -> Spec:
        """One vector."""
        return Spec(inputs[0].elements)

    def code(self, args: Sequence[str], me: str) -> str:
        """`torch.flatten`, keeping the batch."""
        return f"torch.flatten({args[0]}, 1)"

    def window(self, x: Spec) -> tuple[Pair, Pair]:
        """The whole map."""
        return (x.map, x.map) if len(x.size) == 2 else ((1, 1), (1, 1))


@dataclass(frozen=True, slots=True)
class Permute(Op):
    """The same tensor, its channels last in memory, or first again.

    The recorder puts it in where an operation wants the other order; nobody writes it.
    """

    name: ClassVar[str] = "permute"
    keeps_zero: ClassVar[bool] = True
    lies: ClassVar[str] = "any"

    last: bool
    sides: int  # 2 of a map, 1 of tokens

    def infer(self, *inputs: Spec) -> Spec:
        """The same shape, lying otherwise."""
        return replace(inputs[0], last=self.last)

    def code(self, args: Sequence[str], me: str) -> str:
        """A view."""
        if self.sides == 1:
            return f"{args[0]}.transpose(1, 2)"
        return f"{args[0]}.permute({'0, 2, 3, 1' if self.last else '0, 3, 1, 2'})"


@dataclass(frozen=True, slots=True)
class SpaceToDepth(Op):
    """(C, H, W) -> (4 * C, ceil(H / 2), ceil(W / 2)): the four pixels of each 2x2 window as one;
    an odd map gets a border of zeros at the bottom or right (Swin, arXiv:2103.14030)."""

    name: ClassVar[str] = "gather"
    keeps_zero: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True
    lies: ClassVar[str] = "last"

    def infer(self, *inputs: Spec) -> Spec:
        """Half the sides, four times the channels."""
        height, width = inputs[0].map
        return Spec(4 * inputs[0].channels, (-(-height // 2), -(-width // 2)), last=True)

    def layer(self, *inputs: Spec) -> Layer:
        """`nas.ops.layers.SpaceToDepth`."""
        return Layer("SpaceToDepth")

    def window(self, x: Spec) -> tuple[Pair, Pair]:
        """2x2."""
        return (2, 2), (2, 2)


@dataclass(frozen=True, slots=True)
class Zero(Op):
    """Any input -> `spec`: all zeros (NAS-Bench-201's "none", arXiv:2001.00326)."""

    name: ClassVar[str] = "zero"
    keeps_zero: ClassVar[bool] = True
    gives_zero: ClassVar[bool] = True

    spec: Spec

    def infer(self, *inputs: Spec) -> Spec:
        """As told."""
        return self.spec

    def code(self, args: Sequence[str], me: str) -> str:
        """As many as the input has images."""
        channels, *size = self.spec.shape
        shape = (*size, channels) if self.spec.last else (channels, *size)
        return f"{args[0]}.new_zeros(({args[0]}.shape[0], {', '.join(map(str, shape))}))"
