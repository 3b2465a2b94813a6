"""Where in a space the blocks of a candidate come from.

A module's path in a candidate depends on what was chosen beside it: where a choice took `conv`, the
next convolution is `conv2`. Its place in the space doesn't: a choice of expressions is one step of
the path, its option another. So alternatives have places of their own, and what stands behind them
keeps its. What is chosen for a block's field shares the block's weights: numbers cut them, words
and switches leave them whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from nas.blocks import registry
from nas.errors import SpaceError, shown
from nas.genotype.binding import SETTINGS
from nas.genotype.expression import (
    Aux,
    Branches,
    Chain,
    Choice,
    Genotype,
    Leaf,
    Named,
    Repeat,
    Row,
    Sum,
    Tie,
)
from nas.genotype.places import places
from nas.graph import Path
from nas.space.plan import option_names

Pairs: TypeAlias = list[tuple[Path, Path]]  # of blocks: (place in the space, path in the candidate)
Steps: TypeAlias = Sequence[tuple[Genotype, Path]]  # expressions in a row, each with its path
_ABSENT = object()


def origins(space: Genotype, candidate: Genotype) -> dict[Path, Path]:
    """For the path of each block in a candidate the place in the space that it comes from.

    Heads of `aux` are left out. SpaceError where the candidate is none of the space's.
    """
    found = _part(space, candidate)
    if found is None:
        raise SpaceError(f"the network is none of the space's: {shown(str(candidate))}")
    return {path: place for place, path in found}


def _part(space: Genotype, made: Genotype) -> Pairs | None:
    """The blocks of `made`, from their paths inside of both; None where `space` can't give it."""
    match space, made:
        case Choice(options=options), _:
            for name, option in zip(option_names(space), options, strict=True):
                found = _part(option, made) if isinstance(option, Genotype) else None
                if found is not None:
                    return _under(found, (name,), ())
            return None
        case Leaf(), Leaf():
            return _leaf(space, made)
        case Chain(items=items), Chain(items=others):
            return _row(_named(items), _named(others))
        case (Sum(items=items), Sum(items=others)) | (
            Branches(items=items),
            Branches(items=others),
        ):
            return _row(_numbered(items), _numbered(others))
        case Repeat(body=body, times=times), (Repeat() | Row()):
            copies = _copies(made)
            if len(copies) not in (times.options if isinstance(times, Choice) else (times,)):
                return None
            return _row(_numbered((body,) * len(copies)), _numbered(copies))
        case Row(copies=copies), (Repeat() | Row()):
            return _row(_numbered(copies), _numbered(_copies(made)))
        case (Named(body=body, name=name), Named(body=other, name=wanted)) | (
            Tie(body=body, name=name),
            Tie(body=other, name=wanted),
        ):
            return _part(body, other) if name == wanted else None
        case Aux(), Aux():
            return []
    return [] if space == made else None


def _leaf(space: Leaf, made: Leaf) -> Pairs | None:
    """The block itself and those in its fields."""
    if space.word != made.word:
        return None
    pairs: Pairs = [((), ())]
    offered, given = dict(space.values), dict(made.values)
    for slot in registry()[space.word].slots:
        absent = _ABSENT if slot.name in SETTINGS else slot.default
        option, value = offered.get(slot.name, absent), given.get(slot.name, absent)
        if isinstance(option, Genotype) and isinstance(value, Genotype):
            inside = _part(option, value)
            if inside is None:
                return None
            pairs += _under(inside, (slot.name,), (slot.name,))
        elif value not in (option.options if isinstance(option, Choice) else (option,)):
            return None
    return pairs


def _row(left: Steps, made: Steps) -> Pairs | None:
    """The blocks of expressions in a row, where an option of several is written among the rest."""
    pairs: Pairs = []
    while left and made and not isinstance(left[0][0], Choice):
        (first, place), (item, path) = left[0], made[0]
        here = _part(first, item)
        if here is not None:
            pairs += _under(here, place, path)
            left, made = left[1:], made[1:]
        elif isinstance(first, Chain | Sum | Branches):
            inner = _named(first.items) if isinstance(first, Chain) else _numbered(first.items)
            left = [*((part, (*place, *step)) for part, step in inner), *left[1:]]
        else:
            return None
    if not left or not made:
        return None if left or made else pairs
    (choice, place), rest = left[0], left[1:]
    assert isinstance(choice, Choice)
    for name, option in zip(option_names(choice), choice.options, strict=True):
        if isinstance(option, Genotype):
            after = _row([(option, (*place, name)), *rest], made)
            if after is not None:
                return [*pairs, *after]
    return None


def _copies(made: Genotype) -> tuple[Genotype, ...]:
    """The copies of a repeat without choices."""
    if isinstance(made, Row):
        return made.copies
    assert isinstance(made, Repeat)
    assert isinstance(made.times, int)
    return (made.body,) * made.times


def _named(items: Sequence[Genotype]) -> Steps:
    return [(i, (n,) if n else ()) for i, n in zip(items, places(items), strict=True)]


def _numbered(items: Iterable[Genotype]) -> Steps:
    return [(item, (str(number),)) for number, item in enumerate(items)]


def _under(pairs: Pairs, place: Path, path: Path) -> Pairs:
    return [((*place, *inner), (*path, *other)) for inner, other in pairs]
