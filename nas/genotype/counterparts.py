"""Where each part of one expression stands in another: the places that two networks have in common.

Parts of a chain are matched as lines of text are by a line diff, so that a block put in or taken
out moves those behind it without confusing them; copies of a repeat and branches by their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from nas.genotype.expression import (
    Branches,
    Chain,
    Genotype,
    Leaf,
    Named,
    Repeat,
    Row,
    Sum,
    Tie,
)
from nas.genotype.places import called, places
from nas.graph import Path

Pair = tuple[Path, Path | None]


def counterparts(new: Genotype, old: Genotype) -> dict[Path, Path | None]:
    """Each part of `new` by its place, with the place of the same part in `old`; None for a part
    that is only in `new`. Places are those of modules: names and numbers from the outside in."""
    return dict(_walked(new, old, (), ()))


def _walked(new: Genotype, old: Genotype, at: Path, was: Path) -> Iterator[Pair]:
    new, old = _bare(new), _bare(old)
    if isinstance(new, Leaf) and isinstance(old, Leaf) and new.word != old.word:
        yield at, None
        return
    yield at, was
    if isinstance(new, Repeat | Row) or isinstance(old, Repeat | Row):
        copies, others = _copies(new), _copies(old)
        for (name, copy), (other, before) in zip(copies, others, strict=False):
            yield from _walked(copy, before, at + name, was + other)
        for name, _ in copies[len(others) :]:
            yield at + name, None
    elif isinstance(new, Chain) or isinstance(old, Chain):
        yield from _chains(_items(new), _items(old), at, was)
    elif isinstance(new, Sum | Branches) and type(new) is type(old):
        for i, part in enumerate(new.parts):
            if i < len(old.parts):
                yield from _walked(part, old.parts[i], (*at, str(i)), (*was, str(i)))
            else:
                yield (*at, str(i)), None
    elif isinstance(new, Leaf) and isinstance(old, Leaf):
        held = dict(old.values)
        for field, value in new.values:
            inside = held.get(field)
            if isinstance(value, Genotype) and isinstance(inside, Genotype):
                yield from _walked(value, inside, (*at, field), (*was, field))
    elif type(new) is not type(old):
        yield at, None


def _bare(part: Genotype) -> Genotype:
    while isinstance(part, Named | Tie):
        part = part.body
    return part


def _copies(part: Genotype) -> list[tuple[Path, Genotype]]:
    """What follows one another as one stage; a block by itself is the only one, at the stage's
    place."""
    if isinstance(part, Repeat):
        assert isinstance(part.times, int)
        return [((str(number),), part.body) for number in range(part.times)]
    if isinstance(part, Row):
        return [((str(number),), copy) for number, copy in enumerate(part.copies)]
    return [((), part)]


def _items(part: Genotype) -> list[tuple[Path, Genotype]]:
    """The parts of a chain; what is none is a chain of one, at the chain's place."""
    if not isinstance(part, Chain):
        return [((), part)]
    names = places(part.items)
    return [((name,) if name else (), item) for name, item in zip(names, part.items, strict=True)]


def _chains(
    new: list[tuple[Path, Genotype]], old: list[tuple[Path, Genotype]], at: Path, was: Path
) -> Iterator[Pair]:
    new = [each for each in new if called(each[1])]
    old = [each for each in old if called(each[1])]
    found = dict(_matched([part for _, part in new], [part for _, part in old]))
    for index, (name, part) in enumerate(new):
        if index in found:
            other, before = old[found[index]]
            yield from _walked(part, before, at + name, was + other)
        else:
            yield at + name, None


def _matched(new: Sequence[Genotype], old: Sequence[Genotype]) -> Iterator[tuple[int, int]]:
    """Indices of parts that are one: all in order where the kinds are alike, else equal parts
    first, and between them those of one kind."""
    kinds, others = [_kind(part) for part in new], [_kind(part) for part in old]
    if kinds == others:
        yield from ((index, index) for index in range(len(new)))
        return
    start, begin = 0, 0
    for block in SequenceMatcher(None, new, old, False).get_matching_blocks():
        between = SequenceMatcher(None, kinds[start : block.a], others[begin : block.b], False)
        for one, other, size in between.get_matching_blocks():
            yield from ((start + one + i, begin + other + i) for i in range(size))
        yield from ((block.a + i, block.b + i) for i in range(block.size))
        start, begin = block.a + block.size, block.b + block.size


def _kind(part: Genotype) -> str:
    """What makes two parts the same part, changed or not: its name, or its block's word."""
    while isinstance(part, Repeat | Tie):
        part = part.body
    if isinstance(part, Named):
        return f"@{part.name}"
    return called(part) or type(part).__name__
