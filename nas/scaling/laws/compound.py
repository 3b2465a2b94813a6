"""Compound scaling: depth, width and resolution together, each by its own base to the power of phi.

Source: EfficientNet, arXiv:1905.11946, equation 3 and section 5: 1.2, 1.1 and 1.15, found by a grid
search on B0 under alpha * beta^2 * gamma^2 = 2, and 1.92 exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

from nas.scaling.factors import Factors
from nas.scaling.laws._base import ScalingLaw


@dataclass(frozen=True)
class Law(ScalingLaw):
    """depth = alpha^phi, width = beta^phi, resolution = gamma^phi."""

    alpha: float = 1.2  # of the depth
    beta: float = 1.1  # of the width
    gamma: float = 1.15  # of the resolution

    source = "EfficientNet, arXiv:1905.11946"
    keeps = "the balance of depth, width and resolution"

    def at(self, phi: float, side: int) -> Factors:
        """All three."""
        return Factors(self.beta**phi, self.alpha**phi, self.gamma**phi)
