"""EfficientNetV2's: compound scaling, but images never above 480 pixels, as large ones cost memory
and time in training. Source: arXiv:2104.00298, section 3.3.

The authors' code (google/automl, `effnetv2_configs.py`) tests S at 384 pixels, M and L at 480, and
only XL, which is trained on ImageNet-21k, at 512. M and L are "about" 1.6 and 2.0 times as wide and
2.2 and 3.1 times as deep as the base, as B5 and B7 are, with stages written by hand: their repeats
3, 5, 5, 7, 14, 18, 5 and 4, 7, 7, 10, 19, 25, 7 begin at 1, 2, 2, 3, 5, 8, so later stages get a
few more, and one more stage. A law knows no stages.
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
