"""MobileNetV3's block: an inverted bottleneck whose hidden channels are given, with a hard gate.

Source: MobileNetV3, arXiv:1905.02244.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Kernel, Stride, Switch, round_channels
from nas.blocks.mbconv import inverted
from nas.blocks.squeeze import squeeze
from nas.graph import Value


@block("bneck")
class Bneck(Block):
    """Expand (1x1) to `hidden`, filter each channel (k x k), reweigh, project (1x1); add the input
    if it fits.

    The squeeze has a quarter of the hidden channels in multiples of 8, ReLU, and a hard sigmoid.
    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels
    kernel: Kernel = 3  # of the depthwise convolution
    stride: Stride = 1
    hidden: Channels | None = None  # None: as many as come in, and nothing expands them
    se: Switch = False
    act: Activation = "hardswish"

    residual = True
    anchors = (
        Anchor(
            {"out": 40, "kernel": 5, "stride": 2, "hidden": 72, "se": True},
            shape=(24, 56, 56),
            params=24 * 72 + 144 + 72 * 25 + 144 + 2 * 72 * 24 + 24 + 72 + 72 * 40 + 80,
            macs=56 * 56 * 24 * 72 + 28 * 28 * 72 * (25 + 40) + 2 * 72 * 24,
            source="MobileNetV3-Large, fifth row, arXiv:1905.02244, Table 1, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Narrow, wide, narrow."""
        hidden = self.hidden or x.channels
        y = inverted(x, hidden, self.kernel, self.stride, self.act, expand=self.hidden is not None)
        if self.se:
            y = squeeze(y, round_channels(hidden / 4), "relu", "hardsigmoid")
        y = y.conv(self.out, name="project").norm()
        return x + y.drop_path() if self.stride == 1 and x.channels == self.out else y
