"""Width alone. Source: wide residual networks, arXiv:1605.07146; MobileNet's multiplier,
arXiv:1704.04861.
"""

from __future__ import annotations

from dataclasses import dataclass

from nas.scaling.factors import Factors
from nas.scaling.laws._base import ScalingLaw, doubled


@dataclass(frozen=True)
class Law(ScalingLaw):
    """width = 2^(phi / 2)."""

    source = "arXiv:1605.07146, arXiv:1704.04861"
    keeps = "depth and resolution"

    def at(self, phi: float, side: int) -> Factors:
        """MACs grow with the width's square."""
        return Factors(width=doubled(phi, 1 / 2))
