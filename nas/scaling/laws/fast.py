"""Fast compound scaling: mostly width, which costs the fewest activations and so the least time.

Source: Dollar et al., arXiv:2103.06877, section 4: of s times the MACs, width takes s^(share / 2),
depth s^((1 - share) / 2), resolution s^((1 - share) / 4), share = 0.8: s^0.4, s^0.1, s^0.05; groups
widen as the channels do (facebookresearch/pycls, `d1_w8_g8_r1`, whose scaler rounds repeats to the
nearest, where `scale` rounds them up).
"""

from __future__ import annotations

from dataclasses import dataclass

from nas.scaling.factors import Factors
from nas.scaling.laws._base import ScalingLaw, doubled


@dataclass(frozen=True)
class Law(ScalingLaw):
    """width = s^0.4, depth = s^0.1, resolution = s^0.05, groups' width = s^0.4 of s = 2^phi."""

    share: float = 0.8  # of the width; what is left, depth and resolution halve

    source = "Fast and Accurate Model Scaling, arXiv:2103.06877"
    keeps = "activations low: they grow with the root of the MACs"

    def at(self, phi: float, side: int) -> Factors:
        """A share of above 1 would make the rest smaller."""
        rest = (1 - self.share) / 2
        width = doubled(phi, self.share / 2)
        return Factors(width, doubled(phi, rest), doubled(phi, rest / 2), width)
