"""Depth: how often the blocks of a network's main chain are repeated."""

from __future__ import annotations

import math
from collections.abc import Iterator, Set
from dataclasses import replace
from functools import lru_cache, partial
from typing import cast

from nas.blocks import registry
from nas.costs import figures
from nas.errors import GenotypeError
from nas.genotype.binding import image, leaf, row, with_fields
from nas.genotype.expression import (
    Argument,
    Chain,
    Choice,
    Genotype,
    Leaf,
    Named,
    Repeat,
    Row,
    Tie,
    count,
)
from nas.scaling.places import first, places
from nas.scaling.width import each_option


def deeper(genotype: Genotype, depth: float) -> Genotype:
    """`depth` times the repeats of the main chain, rounded up; `* 1` marks a stage, too.

    A composite that halves the map would halve it again with each copy, so it stays; where a
    repeat of another follows it, it is the first of that one's stage and counted with it. Cells
    that pass by their input and read the output before it only are two chains, of which the last
    cell ends one: they become more or fewer by two, or it would end the other.
    """
    return _Deeper(depth, places(genotype).halving).part(genotype)


class _Deeper:
    def __init__(self, depth: float, halving: Set[Genotype]) -> None:
        self.depth, self.halving = depth, halving

    def copies(self, times: int, by: int = 1) -> int:
        more = max(1, math.ceil(times * self.depth - 1e-9)) - times
        return times + by * math.ceil(more / by)

    def part(self, part: Genotype) -> Genotype:
        match part:
            case Chain(items=items):
                return Chain(tuple(self.stages(items)))
            case Named(body=body) | Tie(body=body):
                return replace(part, body=self.part(body))
            case Choice(options=options, name=name) if part.parts:
                changed = dict.fromkeys(self.part(cast(Genotype, each)) for each in options)
                return Choice(tuple(changed), name)
            case Repeat(times=times) if first(part) not in self.halving:
                by = 2 if _passes_by(first(part.body)) else 1
                more = each_option(times, partial(self.copies, by=by))
                return replace(part, times=count(more))
            case Row(copies=unequal):
                wanted = self.copies(len(unequal))
                return row((unequal + unequal[-1:] * (wanted - len(unequal)))[:wanted])
            case Leaf():
                return self.leaf(part)
        return part

    def stages(self, items: tuple[Genotype, ...]) -> Iterator[Genotype]:
        begun = False  # by a composite that halves the map
        for item in items:
            if begun and isinstance(item, Repeat) and isinstance(item.times, int):
                rest = self.copies(1 + item.times) - 1
                yield replace(item, times=max(1, rest))
                begun = False
                continue
            begun = item in self.halving and isinstance(item, Repeat) and item.times == 1
            yield self.part(item)

    def leaf(self, part: Leaf) -> Leaf:
        """A block with its own repeats, such as the layers of a dense one, changed."""
        values = dict(part.values)
        for slot in registry()[part.word].slots:
            value = values.get(slot.name, None if slot.required else slot.default)
            if slot.type.kind == "repeats" and value is not None:
                values[slot.name] = each_option(cast(Argument, value), self.copies)
        return with_fields(part.word, values) if values != dict(part.values) else part


@lru_cache(maxsize=256)
def _passes_by(block: Genotype) -> bool:
    """Whether a block with an expression inside, a cell, does nothing with its input: behind a
    wider one it costs the same."""
    if not isinstance(block, Leaf):
        return False
    if all(slot.type.kind != "expression" for slot in registry()[block.word].slots):
        return False
    start = image(3, 32, 32), leaf("conv", (8, 3))
    free = with_fields(block.word, {k: v for k, v in block.values if k != "prev"})
    try:
        narrow, wide = (figures(Chain((*start, leaf("conv", (out,)), free))) for out in (8, 16))
    except GenotypeError:
        return False
    return narrow.macs == wide.macs
