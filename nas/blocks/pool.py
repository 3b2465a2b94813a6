"""Pooling: the largest or the mean of each window, to a given size, or over the whole map."""

from __future__ import annotations

from typing import Annotated

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Kernel, Padding, Size, Stride, Switch, one_of
from nas.graph import Value

Mode = Annotated[str, one_of("avg", "max")]


@block("maxpool")
class MaxPool(Block):
    """The largest number of each window.

    Shape: (C, H, W) -> (C, ceil(H / stride), ceil(W / stride)) with an odd kernel.
    """

    kernel: Kernel = 3
    stride: Stride = 1
    padding: Padding | None = None
    ceil: Switch = False  # a last, partial window counts

    keeps_stride = True
    anchors = (Anchor({}, shape=(8, 9, 9), params=0, macs=0, source="nothing is learned"),)

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.pool("max", self.kernel, self.stride, padding=self.padding, ceil=self.ceil)


@block("avgpool")
class AvgPool(Block):
    """The mean of each window.

    Shape: (C, H, W) -> (C, ceil(H / stride), ceil(W / stride)) with an odd kernel.
    """

    kernel: Kernel = 3
    stride: Stride = 1
    padding: Padding | None = None
    ceil: Switch = False  # a last, partial window counts
    count_pad: Switch = True  # padding counts as pixels

    keeps_stride = True
    anchors = (Anchor({}, shape=(8, 9, 9), params=0, macs=0, source="nothing is learned"),)

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.pool(
            "avg",
            self.kernel,
            self.stride,
            padding=self.padding,
            ceil=self.ceil,
            count_pad=self.count_pad,
        )


@block("pool_to")
class PoolTo(Block):
    """Means over as many nearly equal windows as asked for (adaptive average pooling).

    Shape: (C, H, W) -> (C, size, size).
    """

    size: Size

    anchors = (Anchor({"size": 7}, shape=(8, 9, 9), params=0, macs=0, source="nothing is learned"),)

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.pool_to(self.size)


@block("global_pool")
class GlobalPool(Block):
    """One number a channel.

    Shape: (C, H, W) -> (C,).
    """

    mode: Mode = "avg"

    anchors = (Anchor({}, shape=(8, 9, 9), params=0, macs=0, source="nothing is learned"),)

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.global_pool(self.mode)
