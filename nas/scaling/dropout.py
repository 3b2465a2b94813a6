"""Dropout of a scaled network, as its family's released tables have it.

Larger networks of a family drop more: EfficientNet's from 0.2 (B0) to 0.5 (B7), arXiv:1905.11946,
section 5.2; NFNet's from 0.2 (F0) to 0.5 (F4), arXiv:2102.06171, Table 1. Both keep their drop-path
(0.2 and 0.25). Between the released networks the rate is interpolated over the logarithm of the
nominal factor; a network without dropout, or of no such family, keeps what it has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import cast

from nas.blocks import registry
from nas.genotype.binding import with_fields
from nas.genotype.expression import Choice, Genotype, Leaf
from nas.genotype.rewriting import everywhere
from nas.scaling.released import EFFICIENTNET, NFNET_DROPOUT, NFNET_PIXELS

Table = Sequence[tuple[float, float]]  # (doublings of the nominal MACs, rate), rising

TABLES: dict[str, Table] = {  # by a block of the family
    "mbconv": tuple(
        (math.log2(EFFICIENTNET[f"b{size}"].nominal), EFFICIENTNET[f"b{size}"].dropout)
        for size in range(8)
    ),
    "nfnet": tuple(
        (math.log2((size + 1) * (pixels / NFNET_PIXELS[0]) ** 2), rate)
        for size, (pixels, rate) in enumerate(zip(NFNET_PIXELS, NFNET_DROPOUT, strict=True))
    ),
}


def with_dropout(scaled: Genotype, nominal: float) -> Genotype:
    """A network of `nominal` times the MACs with its classifier's dropout moved along its family's
    table."""
    table = family(scaled)
    if table is None or nominal == 1:
        return scaled

    def change(part: Genotype) -> Genotype:
        if not (isinstance(part, Leaf) and _classifies(part)):
            return part
        values = dict(part.values)
        rate = values.get("dropout")
        if isinstance(rate, Choice) or not rate:
            return part
        values["dropout"] = moved(cast(float, rate), table, math.log2(nominal))
        return with_fields(part.word, values)

    return everywhere(scaled, change)


def moved(rate: float, table: Table, doublings: float) -> float:
    """A rate after so many doublings, never outside of the table where it was inside."""
    start, end = table[0][1], table[-1][1]
    change = math.copysign(_read(table, abs(doublings)) - start, doublings)
    return round(min(max(rate + change, min(rate, start)), max(rate, end)), 3)


@lru_cache(maxsize=256)
def family(genotype: Genotype) -> Table | None:
    """The table of a network's family, by the blocks that it is made of."""
    found: list[Table] = []

    def note(part: Genotype) -> Genotype:
        if isinstance(part, Leaf) and part.word in TABLES:
            found.append(TABLES[part.word])
        return part

    everywhere(genotype, note)
    return found[0] if found else None


def _read(table: Table, at: float) -> float:
    for (left, low), (right, high) in pairwise(table):
        if at <= right:
            return low + (high - low) * (at - left) / (right - left)
    return table[-1][1]


def _classifies(part: Leaf) -> bool:
    return any(slot.type.kind == "classes" for slot in registry()[part.word].slots)
