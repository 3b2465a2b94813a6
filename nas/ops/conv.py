"""Convolution, with groups and dilation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nas.errors import GenotypeError
from nas.ops._base import Layer, Op, Pair, Spec, Total


def slide(x: Spec, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, ceil: bool) -> Pair:
    """(height, width) after a window of `kernel` pixels slides over `x`; GenotypeError where it
    doesn't fit."""
    if kernel == stride == (1, 1) and padding == (0, 0):
        return x.map
    sides = []
    for axis, side in enumerate(x.map):
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        room = side + 2 * padding[axis] - reach
        count = (room + (stride[axis] - 1 if ceil else 0)) // stride[axis] + 1
        if count < 1:
            raise GenotypeError(
                f"{kernel[0]}x{kernel[1]} kernel on a {x.size[0]}x{x.size[1]} map with padding "
                f"{padding[0]}x{padding[1]}; lower the stride before it, shrink the kernel "
                'or set padding="same"'
            )
        if ceil and (count - 1) * stride[axis] >= side + padding[axis]:
            count -= 1  # torch: a window must begin inside the map or its left padding
        sides.append(count)
    return sides[0], sides[1]


def tight(value: Pair) -> int | Pair:
    """One number for equal sides, as people write it."""
    return value[0] if value[0] == value[1] else value


@dataclass(frozen=True, slots=True)
class Conv(Op):
    """(C, H, W) -> (out, H', W'): a filter bank; each of `groups` sees its share of the
    channels."""

    name: ClassVar[str] = "conv"
    saves_input: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True

    out: int
    kernel: Pair = (1, 1)  # pixels
    stride: Pair = (1, 1)  # pixels
    padding: Pair = (0, 0)  # pixels on each side
    groups: int = 1
    bias: bool = False
    dilation: Pair = (1, 1)

    @property
    def keeps_zero(self) -> bool:
        """Without a bias nothing comes of nothing."""
        return not self.bias

    def infer(self, *inputs: Spec) -> Spec:
        """The map after sliding."""
        (x,) = inputs
        if self.out < 1 or self.groups < 1:
            raise GenotypeError(
                f"a convolution from {x.channels} to {self.out} channels; a ratio leaves none: "
                "raise it or the width"
            )
        if x.channels % self.groups or self.out % self.groups:
            raise GenotypeError(
                f"groups must divide the channels in and out, but got {x.channels} in, "
                f"{self.out} out, {self.groups} groups; change the width or the groups"
            )
        size = slide(x, self.kernel, self.stride, self.padding, self.dilation, ceil=False)
        return Spec(self.out, size)

    def total(self, out: Spec, *inputs: Spec) -> Total:
        """Weights of every filter, and the biases; one multiply-accumulate a weight and output
        pixel."""
        weights = inputs[0].channels // self.groups * self.kernel[0] * self.kernel[1]  # a filter's
        elements = out.elements
        return Total(self.out * (weights + int(self.bias)), elements * weights, elements)

    def layer(self, *inputs: Spec) -> Layer:
        """`nn.Conv2d`."""
        options: list[tuple[str, object]] = []
        if self.stride != (1, 1):
            options.append(("stride", tight(self.stride)))
        if self.padding != (0, 0):
            options.append(("padding", tight(self.padding)))
        if self.dilation != (1, 1):
            options.append(("dilation", tight(self.dilation)))
        if self.groups != 1:
            options.append(("groups", self.groups))
        if not self.bias:
            options.append(("bias", False))
        return Layer("Conv2d", (inputs[0].channels, self.out, tight(self.kernel)), tuple(options))

    def window(self, x: Spec) -> tuple[Pair, Pair]:
        """The dilated kernel."""
        reach = [d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel, strict=True)]
        return (reach[0], reach[1]), self.stride
