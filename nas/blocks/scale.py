"""A constant factor: what keeps wide residual branches small at the start of training.

Source: Inception-ResNet, arXiv:1602.07261, section 3.3.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Positive
from nas.graph import Value


@block("scale")
class Scale(Block):
    """Every number times `factor`.

    Shape: any -> the same.
    """

    factor: Positive

    anchors = (Anchor({"factor": 0.1}, (8, 9, 9), params=0, macs=0, source="nothing is learned"),)

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.scale(self.factor)
