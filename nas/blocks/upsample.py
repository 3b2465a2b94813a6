"""Upsampling: a map enlarged, so that it can be added to one of higher resolution.

Source: HRNet, arXiv:1908.07919.
"""

from __future__ import annotations

from typing import Annotated

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Count, one_of
from nas.graph import Value
from nas.ops.upsample import Upsample as Enlarge


@block("upsample")
class Upsample(Block):
    """Each pixel `times` times a side: copies of the nearest one, or means of those around it.

    Shape: (C, H, W) -> (C, times * H, times * W).
    """

    times: Count = 2
    mode: Annotated[str, one_of("nearest", "bilinear")] = "nearest"

    anchors = (
        Anchor({}, shape=(8, 9, 9), params=0, macs=0, source="nothing is learned"),
        Anchor(
            {"times": 3, "mode": "bilinear"},
            shape=(8, 9, 9),
            params=0,
            macs=0,
            source="nothing is learned",
        ),
    )

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.then(Enlarge(self.times, self.mode))
