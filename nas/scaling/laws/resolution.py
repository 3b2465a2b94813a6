"""Resolution alone. Source: MobileNet's resolution multiplier, arXiv:1704.04861; Inception at 299
pixels, arXiv:1512.00567.
"""

from __future__ import annotations

from dataclasses import dataclass

from nas.scaling.factors import Factors
from nas.scaling.laws._base import ScalingLaw, doubled


@dataclass(frozen=True)
class Law(ScalingLaw):
    """resolution = 2^(phi / 2)."""

    source = "arXiv:1704.04861, arXiv:1512.00567"
    keeps = "width and depth, and so the parameters"

    def at(self, phi: float, side: int) -> Factors:
        """MACs grow with the sides' product."""
        return Factors(resolution=doubled(phi, 1 / 2))
