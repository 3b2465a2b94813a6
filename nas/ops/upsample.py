"""Enlarging a map: what brings a stream of low resolution to one of high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from nas.ops._base import Op, Pair, Spec, Steps


@dataclass(frozen=True, slots=True)
class Upsample(Op):
    """(C, H, W) -> (C, times * H, times * W): each pixel's nearest one, or a mean of those around
    it by distance."""

    name: ClassVar[str] = "upsample"
    keeps_zero: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True

    times: int
    mode: str = "nearest"  # or "bilinear"

    @property
    def trivial(self) -> bool:
        """Once as large."""
        return self.times == 1

    def infer(self, *inputs: Spec) -> Spec:
        """A larger map."""
        height, width = inputs[0].map
        return Spec(inputs[0].channels, (self.times * height, self.times * width))

    def code(self, args: Sequence[str], me: str) -> str:
        """`F.interpolate`."""
        how = f', mode="{self.mode}"' if self.mode != "nearest" else ""
        return f"F.interpolate({args[0]}, scale_factor={self.times}{how})"

    def window(self, x: Spec) -> tuple[Pair, Steps]:
        """One pixel, or two a side; neighbours lie a share of a pixel apart."""
        side = 1 if self.mode == "nearest" else 2
        return (side, side), (Fraction(1, self.times), Fraction(1, self.times))
