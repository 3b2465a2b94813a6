"""Proposal: a network with a choice wherever a neighbour might differ, not yet tried.

Each choice has a name of its own while its options are tried (`Proposal.kinds` says what it is
about); choices that must move together have one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from nas.blocks import registry
from nas.errors import GenotypeError
from nas.genotype.binding import leaf, with_fields
from nas.genotype.expression import (
    Argument,
    Branches,
    Chain,
    Choice,
    Default,
    Genotype,
    Leaf,
    Named,
    Repeat,
    Row,
    Sum,
    Tie,
)
from nas.genotype.places import called, places
from nas.space.around.steps import repeats, steps

# blocks of one interface, each a replacement of the others with the same output and stride
SIBLINGS = (
    ("basic", "bottleneck", "xblock"),
    ("preact_basic", "preact"),
    ("mbconv", "fused_mbconv"),
    ("bneck", "ghost_bneck"),
    ("conv", "dwsep"),
    ("shuffle_split", "shuffle_unit"),
)
SIZED = frozenset({"channels", "heads", "kernel"})  # kinds of fields of a block worth repeating
BLOCK, DEPTH = "block", "depth"  # kinds of decisions beside those of fields


@dataclass(frozen=True, slots=True)
class Proposal:
    """A space around `seed`, and what each of its named choices is about: a field's kind."""

    seed: Genotype
    space: Genotype
    kinds: dict[str, str]


def proposal(seed: Genotype) -> Proposal:
    """Every step from `seed` that its fields' types allow."""
    proposer = _Proposer()
    items = seed.items if isinstance(seed, Chain) else (seed,)
    return Proposal(seed, Chain(proposer.main(items)), proposer.kinds)


@dataclass(frozen=True, slots=True)
class _Context:
    """Where a part stands: its place, the activation in force, and whose width it shares."""

    at: tuple[str, ...] = ()
    act: str | None = None
    width: str | None = None  # name of the width that several blocks in a row share

    def inside(self, *names: str | None) -> _Context:
        return replace(self, at=(*self.at, *(name for name in names if name)), width=None)


@dataclass(slots=True)
class _Proposer:
    kinds: dict[str, str] = field(default_factory=dict)
    cells: dict[tuple[Genotype, str | None], Tie] = field(default_factory=dict)

    def main(self, items: Sequence[Genotype]) -> tuple[Genotype, ...]:
        """The main chain: blocks may also be doubled, left out and replaced, up to the head."""
        head = _head(items)
        return tuple(
            item if index >= head else self.block(item, context)
            for index, (item, context) in enumerate(self.along(items, _Context()))
        )

    def along(
        self, items: Sequence[Genotype], context: _Context
    ) -> Iterator[tuple[Genotype, _Context]]:
        """The parts of a chain with their places; neighbours of one width share it."""
        before: int | None = None
        shared = ""
        widths = [*map(_width, items), None]
        for index, (item, name) in enumerate(zip(items, places(items), strict=True)):
            if isinstance(item, Default):
                act = dict(item.values).get("act", context.act)
                context = replace(context, act=cast("str | None", act))
            inner = context.inside(name)
            width = widths[index]
            if width is not None and width == before:
                inner = replace(inner, width=shared)
            elif width is not None and width == widths[index + 1]:
                shared = self.named((*inner.at, "out"), "channels")
                inner = replace(inner, width=shared)
            before = width
            yield item, inner

    def block(self, part: Genotype, context: _Context) -> Genotype:
        """A part of the main chain."""
        match part:
            case Named(body=body):
                return replace(part, body=self.block(body, context))
            case Repeat(body=Leaf() as body):
                options = self.options(body, context)
                inner = self.chosen(options, context.at) if len(options) > 1 else options[0]
                return Repeat(inner, self.times(part, context))
            case Leaf() if _repeatable(part):
                own, *others = self.options(part, context)
                twice = Repeat(own, self.times(part, context))
                return self.chosen((twice, *others, leaf("identity")), context.at)
            case Branches() | Sum():
                return Repeat(self.part(part, context), self.times(part, context))
        return self.part(part, context)

    def part(self, part: Genotype, context: _Context) -> Genotype:
        """A part whose fields and repeats are varied."""
        match part:
            case Leaf():
                return self.leaf(part, context)
            case Repeat(body=body):
                return Repeat(self.part(body, context), self.times(part, context))
            case Chain(items=items):
                return Chain(tuple(self.part(item, at) for item, at in self.along(items, context)))
            case Branches(items=items) | Sum(items=items):
                return type(part)(tuple(self.numbered(items, context)))
            case Row(copies=copies):
                return Row(tuple(self.numbered(copies, context)))
            case Named(body=body):
                return replace(part, body=self.part(body, context))
            case Tie(body=body):
                return self.cell(body, context)
        return part

    def numbered(self, parts: Sequence[Genotype], context: _Context) -> Iterator[Genotype]:
        for number, part in enumerate(parts):
            yield self.part(part, context.inside(str(number)))

    def leaf(self, part: Leaf, context: _Context) -> Leaf:
        """A block with a choice in each of its fields that have a step."""
        given = dict(part.values)
        values: dict[str, Argument] = dict(given)
        entry = registry()[part.word]
        for slot in entry.slots:
            value = given.get(slot.name, slot.default)
            if slot.name == "act" and slot.name not in given:
                value = context.act or value
            if isinstance(value, Genotype):
                values[slot.name] = self.cell(value, context)
                continue
            others = steps(entry, slot, value)
            if others:
                name = self.name(slot.name, slot.type.kind, value, context)
                own = slot.coerce(value)
                values[slot.name] = Choice((own, *map(slot.coerce, others)), name)
        return with_fields(part.word, values)

    def name(self, field: str, kind: str, value: object, context: _Context) -> str:
        """The name of a field's choice: its own, or one that is shared."""
        if kind == "activation":
            self.kinds[f"act_{value}"] = kind
            return f"act_{value}"
        if field == "out" and context.width is not None:
            return context.width
        return self.named((*context.at, field), kind)

    def options(self, part: Leaf, context: _Context) -> tuple[Leaf, ...]:
        """The block with its fields varied, and its siblings of the same output."""
        own = self.leaf(part, context)
        given = dict(part.values)
        if given.get("kernel", _default(part.word, "kernel")) == 1:
            return (own,)
        # the width and the activation are the same decisions whatever the block
        carried = {**given, **{k: v for k, v in own.values if k in ("out", "act")}}
        words = [word for family in SIBLINGS if part.word in family for word in family]
        found = [own]
        for word in words:
            if word != part.word:
                slots = {slot.name for slot in registry()[word].slots}
                values = {name: value for name, value in carried.items() if name in slots}
                try:
                    found.append(leaf(word, options=values))
                except GenotypeError:  # a field that the sibling has in another sense
                    continue
        return tuple(found)

    def cell(self, body: Genotype, context: _Context) -> Tie:
        """An expression in a block's field: the same one is the same wherever it stands."""
        found = self.cells.get((body, context.act))
        if found is None:
            name = f"inside{len(self.cells) + 1}"
            inner = replace(context, at=(name,), width=None)
            found = self.cells[body, context.act] = Tie(self.part(body, inner), name)
        return found

    def chosen(self, options: Sequence[Genotype], at: tuple[str, ...]) -> Choice:
        return Choice(tuple(options), self.named(at, BLOCK))

    def times(self, part: Genotype, context: _Context) -> Choice:
        """How many copies: of a part that stands alone, one or two."""
        times = cast(int, part.times) if isinstance(part, Repeat) else 1
        name = self.named((*context.at, "repeats"), DEPTH)
        return Choice((times, *repeats(times)), name)

    def named(self, at: tuple[str, ...], kind: str) -> str:
        """A name of its own for the choice at a place."""
        stem = "_".join(at)
        stem = f"at{stem}" if stem.isdigit() else stem
        name, number = stem, 1
        while name in self.kinds:
            number += 1
            name = f"{stem}_{number}"
        self.kinds[name] = kind
        return name


def _default(word: str, name: str) -> object:
    return next((slot.default for slot in registry()[word].slots if slot.name == name), None)


def _single(part: Genotype) -> Leaf | None:
    """The block that a part of a chain is, repeated or named or neither."""
    while isinstance(part, Repeat | Named):
        part = part.body
    return part if isinstance(part, Leaf) else None


def _kinds(part: Genotype) -> set[str]:
    """The kinds of fields of the block that a part of a chain is."""
    block = _single(part)
    return set() if block is None else {s.type.kind for s in registry()[block.word].slots}


def _head(items: Sequence[Genotype]) -> int:
    """Where the head stands: the last block with classes, or else with channels."""
    blocks = [(index, _kinds(part)) for index, part in enumerate(items)]
    for kind in ("classes", "channels"):
        found = [index for index, kinds in blocks if kind in kinds]
        if found:
            return found[-1]
    return len(items)


def _width(part: Genotype) -> int | None:
    """The channels that a part of a chain is written to give."""
    block = _single(part)
    out = None if block is None else dict(block.values).get("out")
    return out if isinstance(out, int) else None


def _repeatable(part: Leaf) -> bool:
    entry = registry()[part.word]
    sized = any(slot.type.kind in SIZED for slot in entry.slots)
    return sized and not entry.make.keeps_stride and called(part) is not None
