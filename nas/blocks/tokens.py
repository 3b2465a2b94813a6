"""Tokens: a map as a sequence, the class's own token, and where each one stands.

Source: ViT, arXiv:2010.11929.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.graph import Value


@block("tokens")
class Tokens(Block):
    """A map as a sequence: a pixel is a token, row by row.

    Shape: (C, H, W) -> (C, H * W); tokens stay.
    """

    anchors = (Anchor({}, shape=(8, 9, 9), params=0, macs=0, source="nothing is learned"),)

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.tokens()


@block("class_token")
class ClassToken(Block):
    """A map or tokens as a sequence behind a learned token, from which `classifier(pool="token")`
    reads the class.

    Shape: (C, H, W) -> (C, 1 + H * W), (C, N) -> (C, 1 + N).
    """

    anchors = (
        Anchor(
            {}, shape=(768, 14, 14), params=768, macs=0, source="ViT-B/16, arXiv:2010.11929, 3.1"
        ),
    )

    def body(self, x: Value) -> Value:
        """A sequence, one longer."""
        return x.tokens().class_token()


@block("positions")
class Positions(Block):
    """A learned table, one number for each channel and place, is added.

    Shape: (C, H, W) or (C, N) -> the same.
    """

    anchors = (
        Anchor(
            {},
            shape=(768, 197),
            params=197 * 768,
            macs=0,
            source="ViT-B/16, arXiv:2010.11929, eq. 1, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.positions()
