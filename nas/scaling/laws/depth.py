"""Depth alone. Source: ResNet, arXiv:1512.03385, 50 to 152 layers."""

from __future__ import annotations

from dataclasses import dataclass

from nas.scaling.factors import Factors
from nas.scaling.laws._base import ScalingLaw, doubled


@dataclass(frozen=True)
class Law(ScalingLaw):
    """depth = 2^phi."""

    source = "ResNet, arXiv:1512.03385"
    keeps = "width and resolution"

    def at(self, phi: float, side: int) -> Factors:
        """MACs grow with the depth."""
        return Factors(depth=doubled(phi, 1))
