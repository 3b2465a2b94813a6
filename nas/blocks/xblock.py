"""RegNet's blocks X and Y: residual bottlenecks without a bottleneck, in groups of a given width.

Source: Designing Network Design Spaces, arXiv:2003.13678; widths that groups don't divide are
rounded as in its code, facebookresearch/pycls, `adjust_block_compatibility`.
"""

from __future__ import annotations

from collections.abc import Mapping

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Count, GroupWidth, Positive, Ratio, multiple
from nas.blocks.residual import shortcut
from nas.blocks.squeeze import squeeze
from nas.graph import Value


@block("xblock")
class XBlock(Block):
    """x + f(x), f = 1x1, 3x3 in groups, squeeze-and-excitation (block Y), 1x1; the shortcut is
    projected where shapes differ.

    The 3x3's channels are rounded to whole groups; where there are fewer than one group's, they
    are the group. Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels
    stride: Count = 1
    group_width: GroupWidth = 8  # channels of one group of the 3x3
    width: Positive = 1.0  # channels of the 3x3 per output channel
    se: Ratio = 0.0  # squeezed channels per input channel; 0 leaves the squeeze out (block X)
    act: Activation = "relu"

    residual = True
    anchors = (
        Anchor(
            {"out": 24},
            shape=(24, 56, 56),
            params=2 * 24 * 24 + 24 * 8 * 9 + 3 * 2 * 24,
            macs=56 * 56 * (2 * 24 * 24 + 24 * 8 * 9),
            source="RegNetX-200MF, first stage's width and group width, arXiv:2003.13678, by hand",
        ),
    )

    def multiples(self, channels: int) -> Mapping[str, int]:
        """Whole groups in the 3x3."""
        return {"out": multiple(self.group_width, self.width)}

    def body(self, x: Value) -> Value:
        """Mix, filter, reweigh, mix, and the sum."""
        wanted = max(1, round(self.out * self.width))
        group = min(self.group_width, wanted)
        groups = max(1, round(wanted / group))
        middle = groups * group
        y = x.conv(middle, name="conv1").norm().act(self.act)
        y = y.conv(middle, 3, self.stride, groups=groups, name="conv2").norm().act(self.act)
        if self.se:
            y = squeeze(y, max(1, round(x.channels * self.se)), "relu")
        y = y.conv(self.out, name="conv3").norm()
        return (y.drop_path() + shortcut(x, self.out, self.stride)).act(self.act)
