"""Factors: how much wider, deeper and larger, and what that costs by the rule of thumb."""

from __future__ import annotations

from dataclasses import dataclass

from nas.blocks.fields import DIVISOR
from nas.genotype.expression import Genotype
from nas.scaling.dropout import with_dropout
from nas.scaling.scale import scale


@dataclass(frozen=True, slots=True)
class Factors:
    """What the channels, the repeats, the image's sides and the channels of groups are multiplied
    by."""

    width: float = 1.0
    depth: float = 1.0
    resolution: float = 1.0
    group_width: float = 1.0

    @property
    def nominal(self) -> float:
        """Times the MACs by the rule of thumb, depth x width^2 x resolution^2; rounding, stems and
        heads make the exact factor another."""
        return float(self.depth * self.width**2 * self.resolution**2)


def grown(
    base: Genotype, factors: Factors, divisor: int = DIVISOR, nominal: float | None = None
) -> Genotype:
    """The network scaled by the factors as `scale`, its classifier's dropout as its family's
    released tables have it for `nominal` times the MACs (None: the factors' own); drop-path stays,
    as in those."""
    scaled = scale(
        base,
        factors.width,
        factors.depth,
        float(factors.resolution),
        divisor=divisor,
        group_width=factors.group_width,
    )
    return with_dropout(scaled, factors.nominal if nominal is None else nominal)
