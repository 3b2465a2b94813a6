"""NFNet's: every stage phi + 1 times as deep, on larger images, never wider.

Source: arXiv:2102.06171, Table 1: F0 to F6 are phi = 0 to 6; between them, and after F6, the
resolution goes on along the line.
"""

from __future__ import annotations

from dataclasses import dataclass

from nas.scaling.factors import Factors
from nas.scaling.laws._base import ScalingLaw
from nas.scaling.released import NFNET_PIXELS as PIXELS


@dataclass(frozen=True)
class Law(ScalingLaw):
    """depth = 1 + phi; resolution as from F0's 256 pixels to F6's 576."""

    source = "NFNet, arXiv:2102.06171"
    keeps = "width; each step of phi takes about as long to train as all before it"
    least = -0.99

    def at(self, phi: float, side: int) -> Factors:
        """The table's resolutions, and between them."""
        index = min(max(int(phi), 0), len(PIXELS) - 2)
        left, right = PIXELS[index : index + 2]
        pixels = left + (right - left) * (phi - index)
        return Factors(depth=1 + phi, resolution=pixels / PIXELS[0])
