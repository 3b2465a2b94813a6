"""MBConv: an inverted bottleneck with a depthwise convolution and squeeze-and-excitation.

Source: MobileNetV2, arXiv:1801.04381; with squeeze-and-excitation, MnasNet, arXiv:1807.11626;
fused, EfficientNetV2, arXiv:2104.00298.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Kernel, Positive, Ratio, Stride, Switch
from nas.blocks.squeeze import squeeze
from nas.graph import Value
from nas.ops import Pair


def inverted(
    x: Value, hidden: int, kernel: int | Pair, stride: int | Pair, act: str, *, expand: bool = True
) -> Value:
    """(C, H, W) -> (hidden, H', W'): expand (1x1) where that is asked for, and filter each
    channel."""
    if expand:
        x = x.conv(hidden, name="expand").norm().act(act)
    return x.conv(hidden, kernel, stride, groups=hidden, name="depthwise").norm().act(act)


@block("mbconv")
class MBConv(Block):
    """Expand (1x1), filter each channel (k x k), reweigh, project (1x1); add the input if it fits.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels
    kernel: Kernel = 3  # of the depthwise convolution
    stride: Stride = 1
    expand: Positive = 6.0  # hidden channels per input channel
    se: Ratio = 0.25  # squeezed channels per input channel; 0 leaves the squeeze out
    act: Activation = "silu"
    skip: Switch = True  # add the input where the shapes fit

    residual = True
    anchors = (
        Anchor(
            {"out": 16, "expand": 1},
            shape=(32, 112, 112),
            params=1_448,
            macs=10_035_712,
            source="EfficientNet-B0, stage 1, arXiv:1905.11946, Table 1: "
            "112*112*(32*9 + 32*16) + 2*32*8, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Narrow, wide, narrow."""
        hidden = round(x.channels * self.expand)
        y = inverted(x, hidden, self.kernel, self.stride, self.act, expand=self.expand != 1)
        if self.se:
            y = squeeze(y, max(1, int(x.channels * self.se)), self.act)
        y = y.conv(self.out, name="project").norm()
        fits = self.skip and self.stride == 1 and x.channels == self.out
        return x + y.drop_path() if fits else y


@block("fused_mbconv")
class FusedMBConv(Block):
    """Expand and filter at once (k x k), project (1x1); with `expand=1` one convolution; add the
    input if it fits.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels
    kernel: Kernel = 3
    stride: Stride = 1
    expand: Positive = 4.0  # hidden channels per input channel
    se: Ratio = 0.0  # squeezed channels per input channel; 0 leaves the squeeze out
    act: Activation = "silu"

    residual = True
    anchors = (
        Anchor(
            {"out": 48, "stride": 2},
            shape=(24, 150, 150),
            params=24 * 96 * 9 + 192 + 96 * 48 + 96,
            macs=75 * 75 * (24 * 96 * 9 + 96 * 48),
            source="EfficientNetV2-S, stage 2, arXiv:2104.00298, Table 4, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """The depthwise convolution and the expansion are one."""
        hidden = round(x.channels * self.expand)
        if self.expand == 1:
            y = x.conv(self.out, self.kernel, self.stride, name="fused").norm().act(self.act)
        else:
            y = x.conv(hidden, self.kernel, self.stride, name="fused").norm().act(self.act)
            if self.se:
                y = squeeze(y, max(1, int(x.channels * self.se)), self.act)
            y = y.conv(self.out, name="project").norm()
        return x + y.drop_path() if self.stride == 1 and x.channels == self.out else y
