"""How many points a space has: counted exactly, tied decisions once."""

from __future__ import annotations

from collections import Counter
from typing import TypeAlias, cast

from nas.genotype.expression import (
    Branches,
    Chain,
    Choice,
    Genotype,
    Leaf,
    Repeat,
    Row,
    Sum,
    Tie,
)

Decided: TypeAlias = frozenset[
    tuple[str, object]
]  # tied decisions made so far: (name, option index)
Counts: TypeAlias = Counter[Decided]


def size(space: Genotype) -> int:
    """The number of points: ways to make the decisions that matter.

    The states of the walk are the tied decisions made so far, so that a decision that stands in
    two places, or only in
    some options, is counted once wherever it is needed.
    """
    return _after(space, Counter({frozenset(): 1})).total()


def _after(part: Genotype, counts: Counts) -> Counts:
    """The counts after the decisions of `part`, from those before it."""
    if not part.open:
        return counts
    match part:
        case Choice(name=None, options=options):
            return _sum(_option(option, counts) for option in options)
        case Choice(name=name, options=options):
            return _sum(
                _option(option, _deciding(counts, cast(str, name), index))
                for index, option in enumerate(options)
            )
        case Tie(name=name, body=body):
            known = Counter({state: n for state, n in counts.items() if (name, None) in state})
            fresh = Counter({state: n for state, n in counts.items() if (name, None) not in state})
            made = _after(body, fresh) if fresh else fresh
            return _sum([known, Counter({state | {(name, None)}: n for state, n in made.items()})])
        case Repeat(body=body, times=times, each=each):
            if not isinstance(times, Choice):
                return _copies(body, times, each, counts)
            ways = []
            for index, count in enumerate(times.options):
                before = counts if times.name is None else _deciding(counts, times.name, index)
                ways.append(_copies(body, cast(int, count), each, before))
            return _sum(ways)
        case Leaf(values=values):
            for _, value in values:
                if isinstance(value, Genotype):
                    counts = _after(value, counts)
            return counts
        case Row(copies=parts) | Chain(items=parts) | Branches(items=parts) | Sum(items=parts):
            return _through(parts, counts)
    return _through(part.parts, counts)


def _through(parts: tuple[Genotype, ...], counts: Counts) -> Counts:
    for part in parts:
        counts = _after(part, counts)
    return counts


def _option(option: object, counts: Counts) -> Counts:
    return _after(option, counts) if isinstance(option, Genotype) else counts


def _copies(body: Genotype, count: int, each: bool, counts: Counts) -> Counts:
    for _ in range(count if each else 1):
        counts = _after(body, counts)
    return counts


def _deciding(counts: Counts, name: str, index: int) -> Counts:
    """The states in which the tied decision is, or may still become, this option."""
    result: Counts = Counter()
    for state, n in counts.items():
        made = [option for key, option in state if key == name and option is not None]
        if not made or made[0] == index:
            result[state | {(name, index)}] += n
    return result


def _sum(parts: object) -> Counts:
    total: Counts = Counter()
    for part in parts:  # type: ignore[attr-defined]
        total.update(part)
    return total
