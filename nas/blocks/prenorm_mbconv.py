"""An inverted bottleneck that is normalised first: CoAtNet's.

Source: CoAtNet, arXiv:2106.04803, eq. 5 and appendix A.1.
"""

from __future__ import annotations

from typing import Annotated

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Count, Positive, Ratio, one_of
from nas.blocks.pool import Mode
from nas.blocks.squeeze import squeeze
from nas.graph import Value


@block("prenorm_mbconv")
class PrenormMBConv(Block):
    """project(pool(x)) + f(norm(x)), f = expand (1x1), filter each channel (3x3), reweigh, project
    (1x1); norms and activations inside.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels
    stride: Count = 1
    expand: Positive = 4.0  # hidden channels per output channel
    se: Ratio = 0.25  # squeezed channels per output channel; 0 leaves the squeeze out
    pool: Mode = "max"
    strided: Annotated[str, one_of("expand", "depthwise")] = "expand"  # which convolution strides
    act: Activation = "gelu"

    residual = True
    anchors = (
        Anchor(
            {"out": 96, "stride": 2},
            shape=(64, 112, 112),
            params=2 * 64 + (64 + 9 + 96 + 2 * 24 + 2 + 2 + 1) * 384 + (64 + 1 + 1) * 96 + 24,
            macs=56 * 56 * ((64 + 9 + 96) * 384 + 64 * 96) + 2 * 384 * 24,
            source="CoAtNet-0, S1, arXiv:2106.04803, eq. 5 and Table 3, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """The stride is on the 1x1 that expands, as in the paper, or on the 3x3."""
        skip, hidden = x, max(1, round(self.out * self.expand))
        first, second = (self.stride, 1) if self.strided == "expand" else (1, self.stride)
        if self.stride > 1:
            skip = skip.pool(self.pool, self.stride, self.stride, padding=0, ceil=True)
        if x.channels != self.out:
            skip = skip.conv(self.out, bias=True, name="shortcut")
        y = x.norm(name="norm").conv(hidden, 1, first, name="expand").norm().act(self.act)
        y = y.conv(hidden, 3, second, groups=hidden, name="depthwise").norm().act(self.act)
        if self.se:
            y = squeeze(y, max(1, int(self.out * self.se)), "silu")
        return skip + y.conv(self.out, bias=True, name="project").drop_path()
