"""RegNet's: the best networks of every size have about the same depth and resolution, and widen.

Source: Designing Network Design Spaces, arXiv:2003.13678, section 4 and Figure 11. The networks
that were released agree: from RegNetX-400MF to 32GF, with 77 times the MACs, 16 to 25 blocks
without a trend, all for 224 pixels, 6.3 times the channels of the last stage and 10.5 times those
of a group, where the law has 8.8 for both.
"""

from __future__ import annotations

from dataclasses import dataclass

from nas.scaling.factors import Factors
from nas.scaling.laws._base import ScalingLaw, doubled


@dataclass(frozen=True)
class Law(ScalingLaw):
    """width = group width = 2^(phi / 2)."""

    source = "RegNet, arXiv:2003.13678"
    keeps = "depth and resolution; groups stay as many, and widen"

    def at(self, phi: float, side: int) -> Factors:
        """Channels and those of groups."""
        wider = doubled(phi, 1 / 2)
        return Factors(width=wider, group_width=wider)
