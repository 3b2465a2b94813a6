"""Where things lie: each part of a chain has a name, and a path of names is a module's, a
decision's, an error's place.

A part is called by its `@` name, else by its block's word; the second `conv` of a chain is
`conv2`. Copies of a
repeat, terms of a sum and branches are numbered from 0.
"""

from __future__ import annotations

from collections.abc import Sequence

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


def called(part: Genotype) -> str | None:
    """What a part of a chain is called before numbering; None for what makes no module."""
    match part:
        case Leaf(word=word):
            return word
        case Named(name=name) | Tie(name=name):
            return name
        case Repeat(body=body):
            return called(body) if isinstance(body, Leaf | Choice | Tie) else "stage"
        case Row(copies=copies):
            return called(copies[0]) if isinstance(copies[0], Leaf | Choice | Tie) else "stage"
        case Choice(name=name):
            return name or "choice"
        case Branches():
            return "branches"
        case Sum():
            return "sum"
        case Aux():
            return "aux"
        case Chain():
            return "chain"
    return None


def places(parts: Sequence[Genotype]) -> list[str | None]:
    """The name of each part of a chain, all different; `@` names are kept as they are."""
    taken = {part.name for part in parts if isinstance(part, Named)}
    count: dict[str, int] = {}
    names: list[str | None] = []
    for part in parts:
        name = called(part)
        if name is not None and not isinstance(part, Named):
            number = count.get(name, 0) + 1
            while (full := name if number == 1 else f"{name}{number}") in taken:
                number += 1
            count[name] = number
            taken.add(full)
            name = full
        names.append(name)
    return names
