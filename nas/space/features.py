"""Structural features of a candidate, for surrogates: its decisions, and the paths through its
cells.

Source: path encoding as in BANANAS, arXiv:1910.11858, read off the expression instead of an
adjacency matrix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nas.genotype.expression import (
    Branches,
    Chain,
    Choice,
    Genotype,
    Leaf,
    Named,
    Repeat,
    Row,
    Sum,
    Tap,
    Tie,
)
from nas.space.decisions import Decision, Option

Way = tuple[str, ...]  # the blocks of one path, in order
MOST = 256  # paths of one part; more are cut off

Vector = NDArray[np.float64]


def encoding(decisions: Sequence[Decision], point: Mapping[str, Option]) -> Vector:
    """The decisions as numbers: for each option 1 if it was taken, for numeric ones also how far up
    it stands.

    A decision that isn't active is all zeros.
    """
    values: list[float] = []
    for decision in decisions:
        options = decision.options
        taken = [key == point[decision.key] for key in options] if decision.key in point else []
        values.extend(map(float, taken) if taken else [0.0] * len(options))
        if len(options) > 2 and all(isinstance(option, int | float) for option in options):
            rank = sorted(options, key=float).index(options[taken.index(True)]) if taken else 0
            values.append(rank / (len(options) - 1))
    return np.array(values)


def paths(candidate: Genotype) -> frozenset[Way]:
    """Every way through the candidate's cells, from input to output, as the blocks that lie on it.

    A cell is a part that branches, or is tied; one that stands several times counts once.
    Identities lie on no path, and a zero ends it. Chains that never branch have none, since their
    decisions say it all.
    """
    found: set[Way] = set()
    for cell in _cells(candidate):
        found.update(_Walk().through(cell, frozenset({()})))
    return frozenset(found)


def _cells(part: Genotype) -> set[Genotype]:
    """The outermost parts that are tied or branch."""
    if isinstance(part, Tie | Sum | Branches):
        return {part}
    if isinstance(part, Leaf):
        inside = [value for _, value in part.values if isinstance(value, Genotype)]
        return set(inside)
    return set().union(*(_cells(inner) for inner in part.parts))


class _Walk:
    """The sets of ways from a cell's input to each place in it; names stand for the sets at
    theirs."""

    def __init__(self) -> None:
        self.names: dict[str, frozenset[Way]] = {}

    def through(self, part: Genotype, ways: frozenset[Way]) -> frozenset[Way]:
        """The ways to the end of `part`, from those to its beginning."""
        match part:
            case Leaf(word="identity"):
                return ways
            case Leaf(word="zero"):
                return frozenset()
            case Leaf():
                return frozenset((*way, str(part)) for way in ways)
            case Chain(items=items) | Row(copies=items):
                for item in items:
                    ways = self.through(item, ways)
                return ways
            case Sum(items=items) | Branches(items=items):
                ends = [self.through(item, ways) for item in items]
                return frozenset(sorted(set().union(*ends))[:MOST])
            case Repeat(body=body, times=times):
                for _ in range(times if isinstance(times, int) else 1):
                    ways = self.through(body, ways)
                return ways
            case Named(body=body, name=name):
                self.names[name] = ways = self.through(body, ways)
                return ways
            case Tap(names=names):
                return frozenset().union(*(self.names.get(name, frozenset({()})) for name in names))
            case Tie(body=body):
                return self.through(body, ways)
            case Choice():
                raise ValueError("paths are read off a candidate whose choices are made")
        return ways
