"""Depthwise and separable convolution.

Source: Xception, arXiv:1610.02357; MobileNet, arXiv:1704.04861.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Kernel, Stride
from nas.graph import Value


@block("depthwise")
class Depthwise(Block):
    """Filter each channel by itself, normalise, activate.

    Shape: (C, H, W) -> (C, ceil(H / stride), ceil(W / stride)).
    """

    kernel: Kernel = 3
    stride: Stride = 1
    act: Activation = "relu"

    anchors = (
        Anchor(
            {},
            shape=(32, 112, 112),
            params=352,
            macs=3_612_672,
            source="32*9 weights + 64 of batch norm, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """One filter a channel."""
        return x.conv(x.channels, self.kernel, self.stride, groups=x.channels).norm().act(self.act)


@block("sep")
class Separable(Block):
    """Filter each channel, then mix the channels (1x1), normalise, activate: Xception's separable
    convolution.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels | None = None
    kernel: Kernel = 3
    stride: Stride = 1
    act: Activation = "none"

    anchors = (
        Anchor(
            {"out": 728},
            shape=(728, 19, 19),
            params=537_992,
            macs=19 * 19 * 728 * (9 + 728),
            source="Xception, middle flow: 728*9 + 728*728 weights, 2*728 of batch norm, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Nothing between the two convolutions."""
        y = x.conv(x.channels, self.kernel, self.stride, groups=x.channels, name="depthwise")
        return y.conv(self.out or x.channels, name="pointwise").norm(name="norm").act(self.act)


@block("dwsep")
class DepthwiseSeparable(Block):
    """Filter each channel, normalise, activate; mix the channels (1x1), normalise, activate:
    MobileNet's block.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels
    kernel: Kernel = 3
    stride: Stride = 1
    act: Activation = "relu"

    anchors = (
        Anchor(
            {"out": 64},
            shape=(32, 112, 112),
            params=32 * 9 + 64 + 32 * 64 + 128,
            macs=29_302_784,
            source="MobileNet, arXiv:1704.04861, Table 1: 112*112*(32*9 + 32*64), by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Normalised and activated twice."""
        y = x.conv(x.channels, self.kernel, self.stride, groups=x.channels, name="depthwise")
        y = y.norm().act(self.act)
        return y.conv(self.out, name="pointwise").norm().act(self.act)
