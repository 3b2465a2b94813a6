"""Densely connected layers: each reads all that came before it.

Source: DenseNet, arXiv:1608.06993.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Positive, Rate, Repeats
from nas.graph import Value


@block("dense")
class Dense(Block):
    """`layers` times: norm, act, 1x1 (bottleneck), norm, act, 3x3 (growth), put behind the
    input's channels.

    Shape: (C, H, W) -> (C + layers * growth, H, W).
    """

    layers: Repeats
    growth: Channels = 32
    bottleneck: Positive = 4.0  # channels of the 1x1 per channel of growth
    dropout: Rate = 0.0
    act: Activation = "relu"

    anchors = (
        Anchor(
            {"layers": 1},
            shape=(64, 56, 56),
            params=2 * 64 + 64 * 128 + 2 * 128 + 128 * 32 * 9,
            macs=56 * 56 * (64 * 128 + 128 * 32 * 9),
            source="DenseNet-121, first layer, arXiv:1608.06993, Table 1, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """A growing stack of feature maps."""
        grown = [x]
        middle = round(self.growth * self.bottleneck)
        for number in range(self.layers):
            with x.at(f"layer{number + 1}"):
                y = grown[0].concat(*grown[1:]).norm(name="norm1").act(self.act)
                y = y.conv(middle, name="conv1").norm(name="norm2").act(self.act)
                grown.append(y.conv(self.growth, 3, name="conv2").dropout(self.dropout))
        return grown[0].concat(*grown[1:])


@block("transition")
class Transition(Block):
    """norm, act, 1x1 to a share of the channels, and the mean of each 2x2 window.

    Shape: (C, H, W) -> (C * compression, H // 2, W // 2).
    """

    compression: Positive = 0.5
    act: Activation = "relu"

    anchors = (
        Anchor(
            {},
            shape=(256, 56, 56),
            params=2 * 256 + 256 * 128,
            macs=56 * 56 * 256 * 128,
            source="DenseNet-121, transition 1, arXiv:1608.06993, Table 1, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Fewer channels, half the sides."""
        y = x.norm().act(self.act).conv(max(1, int(x.channels * self.compression)))
        return y.pool("avg", 2, 2, padding=0)
