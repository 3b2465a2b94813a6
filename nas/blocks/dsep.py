"""Separable convolutions in a row, each with its activation first: the workhorse of searched cells.

Source: NASNet, arXiv:1707.07012; once and dilated, DARTS, arXiv:1806.09055.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Count, Dilation, Kernel, Stride
from nas.graph import Value


@block("dsep")
class DoubleSeparable(Block):
    """`times` times: activate, filter each channel, mix the channels (1x1), normalise.

    The first has the stride and changes the channels. Shape: (C, H, W) -> (out, ceil(H / stride),
    ceil(W / stride)).
    """

    kernel: Kernel = 3
    stride: Stride = 1
    out: Channels | None = None  # None: as many as come in
    times: Count = 2
    dilation: Dilation = 1
    act: Activation = "relu"

    anchors = (
        Anchor(
            {"kernel": 5},
            shape=(168, 42, 42),
            params=2 * (168 * 25 + 168 * 168 + 2 * 168),
            macs=2 * 42 * 42 * (168 * 25 + 168 * 168),
            source="NASNet-A-Large's first normal cell, arXiv:1707.07012, by hand",
        ),
        Anchor(
            {"kernel": 3, "times": 1, "dilation": 2},
            shape=(36, 32, 32),
            params=36 * 9 + 36 * 36 + 2 * 36,
            macs=32 * 32 * (36 * 9 + 36 * 36),
            source="dil_conv_3x3 of DARTS on CIFAR-10, arXiv:1806.09055, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """One after another."""
        out, stride = self.out or x.channels, self.stride
        for number in range(self.times):
            with x.at(f"sep{number + 1}"):
                y = x.act(self.act).conv(
                    x.channels,
                    self.kernel,
                    stride,
                    groups=x.channels,
                    dilation=self.dilation,
                    name="depthwise",
                )
                x, stride = y.conv(out, name="pointwise").norm(name="norm"), 1
        return x
