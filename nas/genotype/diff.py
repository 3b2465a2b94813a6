"""What changed between two genotypes: fields, repeats, blocks added, removed and replaced, by
place.

The two expressions are walked side by side. Parts of a chain (terms, branches) are aligned by their
words, as lines of text are by a line diff; what stands at one place in both is compared inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from nas.blocks import registry
from nas.genotype.expression import (
    Aux,
    Branches,
    Chain,
    Default,
    Genotype,
    Image,
    Leaf,
    Named,
    Repeat,
    Row,
    Sum,
    Tie,
)
from nas.genotype.places import called, places


@dataclass(frozen=True, slots=True)
class Change:
    """One change: what it is, and every place where just that happened."""

    what: str  # "se 0 -> 0.0625", "added conv(64)"
    places: tuple[str, ...]

    def __str__(self) -> str:
        """`bottleneck, bottleneck2: se 0 -> 0.0625`."""
        return f"{', '.join(self.places)}: {self.what}"


def diff(before: Genotype, after: Genotype) -> tuple[Change, ...]:
    """The changes from one genotype to the other, equal ones of several places together; () for
    equal ones."""
    found: dict[str, list[str]] = {}
    for place, what in _changes(before, after, ()):
        found.setdefault(what, []).append(".".join(place) or "network")
    return tuple(Change(what, tuple(dict.fromkeys(where))) for what, where in found.items())


Place = tuple[str, ...]


def _changes(a: Genotype, b: Genotype, at: Place) -> Iterator[tuple[Place, str]]:
    if a != b:
        # what differs in no part differs as a whole: `a` and `a * 1`
        yield from list(_inside(a, b, at)) or [(at, f"{_short(a)} -> {_short(b)}")]


def _inside(a: Genotype, b: Genotype, at: Place) -> Iterator[tuple[Place, str]]:
    match a, b:
        case Leaf(), Leaf() if a.word == b.word:
            yield from _fields(a, b, at)
        case Image(), Image():
            yield (
                at,
                f"image {a.channels}x{a.height}x{a.width} -> {b.channels}x{b.height}x{b.width}",
            )
        case Default(), Default():
            yield at, f"{a} -> {b}"
        case (Chain(), Chain()) | (Sum(), Sum()) | (Branches(), Branches()):
            yield from _aligned(a.parts, b.parts, at, isinstance(a, Chain))
        case Row(), Row():
            yield from _aligned(a.copies, b.copies, at, False)
        case Repeat(), Repeat() | Row():
            times = b.times if isinstance(b, Repeat) else len(b.copies)
            if a.times != times:
                yield at, f"repeats {a.times} -> {times}"
            for body in [b.body] if isinstance(b, Repeat) else b.copies:
                yield from _changes(a.body, body, at)
        case Named(), Named():
            if a.name != b.name:
                yield at, f"renamed {a.name} -> {b.name}"
            yield from _changes(a.body, b.body, at)
        case Tie(), Tie():
            yield from _changes(a.body, b.body, at)
        case Aux(), Aux():
            if a.weight != b.weight:
                yield at, f"auxiliary weight {a.weight:g} -> {b.weight:g}"
            yield from _changes(a.head, b.head, at)
        case ((Repeat(times=1) | Named()), _):
            yield from _changes(a.parts[0], b, at)
        case _, (Repeat(times=1) | Named()):
            yield from _changes(a, b.parts[0], at)
        case (Chain(), _) | (_, Chain()):
            own = a.parts if isinstance(a, Chain) else (a,)
            other = b.parts if isinstance(b, Chain) else (b,)
            yield from _aligned(own, other, at, True)


def _fields(a: Leaf, b: Leaf, at: Place) -> Iterator[tuple[Place, str]]:
    """Fields that differ, with the default where none was written."""
    own, other = dict(a.values), dict(b.values)
    for slot in registry()[a.word].slots:
        before, after = own.get(slot.name, slot.default), other.get(slot.name, slot.default)
        if isinstance(before, Genotype) and isinstance(after, Genotype):
            yield from _changes(before, after, (*at, slot.name))
        elif before != after:
            yield at, f"{slot.name} {_value(before)} -> {_value(after)}"


def _aligned(
    a: Sequence[Genotype], b: Sequence[Genotype], at: Place, chain: bool
) -> Iterator[tuple[Place, str]]:
    """Parts matched by their words, in order; places are those of the first expression where it has
    the part."""
    here, there = _names(a, chain), _names(b, chain)
    matcher = SequenceMatcher(None, [_key(part) for part in a], [_key(part) for part in b], False)
    for what, i, k, j, m in matcher.get_opcodes():
        if what == "equal" or (what == "replace" and k - i == m - j):
            for one, other in zip(range(i, k), range(j, m), strict=True):
                yield from _changes(a[one], b[other], (*at, *here[one]))
            continue
        for index in range(i, k):
            yield (*at, *here[index]), f"removed {_short(a[index])}"
        for index in range(j, m):
            yield (*at, *there[index]), f"added {_short(b[index])}"


def _names(parts: Sequence[Genotype], chain: bool) -> list[Place]:
    if chain:
        return [(name,) if name else () for name in places(parts)]
    return [(str(index),) for index in range(len(parts))]


def _key(part: Genotype) -> str:
    """What makes two parts the same part, changed or not."""
    while isinstance(part, Named | Repeat):
        part = part.body
    return called(part) or type(part).__name__


def _short(part: Genotype) -> str:
    text = " ".join(str(part).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
