"""Pooling by a sliding window, to a given size, and over the whole map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nas.errors import GenotypeError
from nas.ops._base import Op, Pair, Spec
from nas.ops.conv import slide, tight


@dataclass(frozen=True, slots=True)
class Pool(Op):
    """(C, H, W) -> (C, H', W'): the largest or the mean of each window."""

    name: ClassVar[str] = "pool"
    saves_input: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True
    keeps_zero: ClassVar[bool] = True

    kind: str  # "max" or "avg"
    kernel: Pair  # pixels
    stride: Pair  # pixels
    padding: Pair = (0, 0)  # pixels on each side
    ceil: bool = False  # a last, partial window counts
    count_pad: bool = True  # average: padding counts as pixels

    def infer(self, *inputs: Spec) -> Spec:
        """The map after sliding."""
        (x,) = inputs
        if any(2 * p > k for p, k in zip(self.padding, self.kernel, strict=True)):
            raise GenotypeError(
                "a pool's padding must be at most half its kernel, but got padding "
                f"{tight(self.padding)} with kernel {tight(self.kernel)}; lower the padding"
            )
        return Spec(x.channels, slide(x, self.kernel, self.stride, self.padding, (1, 1), self.ceil))

    def keeps(self, out: Spec, *inputs: Spec) -> int:
        """Where each maximum was, in eight bytes."""
        return 2 * out.elements if self.kind == "max" else 0

    def code(self, args: Sequence[str], me: str) -> str:
        """`F.max_pool2d` or `F.avg_pool2d`."""
        call = f"F.{self.kind}_pool2d({args[0]}, {tight(self.kernel)}, {tight(self.stride)}"
        if self.padding != (0, 0):
            call += f", {tight(self.padding)}"
        if self.ceil:
            call += ", ceil_mode=True"
        if self.kind == "avg" and not self.count_pad and (self.padding != (0, 0) or self.ceil):
            call += ", count_include_pad=False"
        return call + ")"

    def window(self, x: Spec) -> tuple[Pair, Pair]:
        """The kernel."""
        return self.kernel, self.stride

    @property
    def trivial(self) -> bool:
        """A window of one pixel changes nothing."""
        return self.kernel == (1, 1) and self.stride == (1, 1)


@dataclass(frozen=True, slots=True)
class AdaptivePool(Op):
    """(C, H, W) -> (C, *size): means over as many nearly equal windows as asked for."""

    name: ClassVar[str] = "pool"
    saves_input: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True
    keeps_zero: ClassVar[bool] = True

    size: Pair  # pixels out

    def infer(self, *inputs: Spec) -> Spec:
        """The size asked for."""
        _ = inputs[0].map
        return Spec(inputs[0].channels, self.size)

    def code(self, args: Sequence[str], me: str) -> str:
        """`F.adaptive_avg_pool2d`."""
        return f"F.adaptive_avg_pool2d({args[0]}, {tight(self.size)})"

    def window(self, x: Spec) -> tuple[Pair, Pair]:
        """About equal shares of the map."""
        extent = [-(-side // out) for side, out in zip(x.map, self.size, strict=True)]
        stride = [max(1, side // out) for side, out in zip(x.map, self.size, strict=True)]
        return (extent[0], extent[1]), (stride[0], stride[1])


@dataclass(frozen=True, slots=True)
class GlobalPool(Op):
    """(C, H, W) -> (C,), or (C, 1, 1) with `keep`: the mean or the largest of each channel."""

    name: ClassVar[str] = "pool"
    keeps_zero: ClassVar[bool] = True

    kind: str = "avg"
    keep: bool = False

    @property
    def saves_input(self) -> bool:
        """A maximum's gradient goes where it was."""
        return self.kind == "max"

    @property
    def saves_output(self) -> bool:
        """Compared with the input, to find it."""
        return self.kind == "max"

    @property
    def overwritable(self) -> bool:
        """A mean is read by no backward."""
        return self.kind == "avg"

    def infer(self, *inputs: Spec) -> Spec:
        """One number a channel."""
        _ = inputs[0].map
        return Spec(inputs[0].channels, (1, 1) if self.keep else ())

    def code(self, args: Sequence[str], me: str) -> str:
        """`mean` or `amax` over both sides."""
        function = "mean" if self.kind == "avg" else "amax"
        return f"{args[0]}.{function}((2, 3){', keepdim=True' if self.keep else ''})"

    def window(self, x: Spec) -> tuple[Pair, Pair]:
        """The whole map."""
        return x.map, x.map
