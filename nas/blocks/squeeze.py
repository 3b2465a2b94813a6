"""Squeeze-and-excitation: each channel is weighed by a small network that sees all channels' means.

Source: SENet, arXiv:1709.01507.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Positive
from nas.graph import Value


def squeeze(x: Value, squeezed: int, act: str, gate: str = "sigmoid") -> Value:
    """(C, H, W) -> the same, each channel multiplied by its gate; `squeezed` channels in
    between."""
    with x.at("se"):
        y = x.global_pool(keep=True).conv(squeezed, bias=True, name="reduce").act(act)
        return x * y.conv(x.channels, bias=True, name="expand").act(gate)


@block("se")
class SqueezeExcite(Block):
    """Weigh each channel by what all channels' means say.

    Shape: (C, H, W) -> the same.
    """

    ratio: Positive = 0.0625  # squeezed channels per channel
    act: Activation = "relu"
    gate: Activation = "sigmoid"

    anchors = (
        Anchor(
            {},
            shape=(256, 56, 56),
            params=2 * 256 * 16 + 16 + 256,
            macs=2 * 256 * 16,
            source="SENet, arXiv:1709.01507, reduction 16, with biases, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Squeeze, excite, scale."""
        return squeeze(x, max(1, int(x.channels * self.ratio)), self.act, self.gate)
