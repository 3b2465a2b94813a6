"""Rewriting: one walk over an expression that every change to genotypes goes through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from nas.genotype.binding import row, with_fields
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

Change: TypeAlias = Callable[[Genotype], Genotype]


def rebuilt(part: Genotype, change: Change) -> Genotype:
    """The same expression with `change` applied to each expression directly inside; itself where
    nothing changed."""
    match part:
        case Leaf(word=word, values=values):
            if not any(isinstance(value, Genotype) for _, value in values):
                return part
            return with_fields(
                word, {name: change(v) if isinstance(v, Genotype) else v for name, v in values}
            )
        case Chain(items=items) | Branches(items=items) | Sum(items=items):
            new = tuple(map(change, items))
            return part if new == items else type(part)(new)
        case Repeat(body=body):
            return replace(part, body=change(body))
        case Row(copies=copies):
            return row(tuple(map(change, copies)))
        case Named(body=body) | Tie(body=body):
            return replace(part, body=change(body))
        case Aux(head=head):
            return replace(part, head=change(head))
        case Choice(options=options, name=name):
            made = dict.fromkeys(change(o) if isinstance(o, Genotype) else o for o in options)
            return Choice(tuple(made), name)
    return part


def everywhere(part: Genotype, change: Change) -> Genotype:
    """The expression with `change` applied to every expression in it, inner ones first."""
    return change(rebuilt(part, lambda inner: everywhere(inner, change)))
