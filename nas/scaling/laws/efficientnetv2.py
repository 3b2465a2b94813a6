"""EfficientNetV2's: compound scaling, but images never above 480 pixels, as large ones cost memory
and time in training. Source: arXiv:2104.00298, section 3.3.

The paper also adds layers to later stages, by hand; a law knows no stages.
"""

from __future__ import annotations

from dataclasses import dataclass

from nas.scaling.factors import Factors
from nas.scaling.laws._base import ScalingLaw


@dataclass(frozen=True)
class Law(ScalingLaw):
    """As compound, with at most `pixels` a side, or the network's own where those are more."""

    alpha: float = 1.2  # of the depth
    beta: float = 1.1  # of the width
    gamma: float = 1.15  # of the resolution
    pixels: float = 480.0  # the largest side

    source = "EfficientNetV2, arXiv:2104.00298"
    keeps = "the balance of depth and width; the resolution stays below a limit"

    def at(self, phi: float, side: int) -> Factors:
        """The resolution ends at the limit."""
        limit = max(1.0, self.pixels / side)
        return Factors(self.beta**phi, self.alpha**phi, min(self.gamma**phi, limit))
