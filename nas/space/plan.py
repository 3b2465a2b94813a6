"""A space's plan: read off its expression once, so that drawing and resolving walk it no more.

A plan says which decisions are to be made (and which of them only after another's option), and
makes the candidate from their indices. What few decisions can give is kept: a stage that was
resolved before is looked up.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import TypeAlias, cast

from nas.errors import SpaceError
from nas.genotype.binding import row, with_fields
from nas.genotype.expression import (
    Argument,
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
from nas.genotype.places import called, places
from nas.genotype.rewriting import rebuilt

KEPT = 4096  # ways to decide a part, up to which what they give is kept

Key: TypeAlias = tuple[str, ...]
Picks: TypeAlias = list[int]  # for each decision the index of its option, UNMADE where not asked
# a decision, and what each of its options asks for besides (None: no option asks for anything)
Asks: TypeAlias = "tuple[tuple[int, tuple[Asks, ...] | None], ...]"
UNMADE = -1


def decide(asks: Asks, picks: Picks, pick: Callable[[int], int]) -> None:
    """Fill `picks` by asking for each decision that matters, once."""
    for decision, inner in asks:
        index = picks[decision]
        if index < 0:
            index = picks[decision] = pick(decision)
        if inner is not None:
            decide(inner[index], picks, pick)


def ways(asks: Asks, counts: Sequence[int]) -> int:
    """How many ways there are to decide, where no decision is asked for in two places."""
    return prod(
        counts[decision] if inner is None else sum(ways(each, counts) for each in inner)
        for decision, inner in asks
    )


def weights(asks: Asks, counts: Sequence[int]) -> dict[int, list[int]]:
    """For each decision that brings others, how many ways go on from each of its options."""
    found: dict[int, list[int]] = {}
    for decision, inner in asks:
        if inner is not None:
            found[decision] = [ways(each, counts) for each in inner]
            for each in inner:
                found.update(weights(each, counts))
    return found


class Part(ABC):
    """A part of a plan: what it asks for, and what comes of the answers."""

    __slots__ = ("asks",)
    asks: Asks

    @abstractmethod
    def make(self, picks: Picks) -> Argument:
        """The part without choices."""


class Fixed(Part):
    """What has no choices."""

    __slots__ = ("value",)

    def __init__(self, value: Argument) -> None:
        self.asks = ()
        self.value = value

    def make(self, picks: Picks) -> Argument:
        """Itself."""
        return self.value


class Chosen(Part):
    """One of several, as a decision says."""

    __slots__ = ("decision", "options")

    def __init__(self, decision: int, options: Sequence[Part]) -> None:
        inner = tuple(option.asks for option in options)
        self.asks = ((decision, inner if any(inner) else None),)
        self.decision = decision
        self.options = options

    def make(self, picks: Picks) -> Argument:
        """What the option gives."""
        return self.options[picks[self.decision]].make(picks)


class Built(Part):
    """An expression made of its parts; all are kept where there are few, else the latest."""

    __slots__ = ("_build", "_decisions", "_kept", "_parts", "_room")

    def __init__(
        self, parts: Sequence[Part], build: Callable[[list[Argument]], Genotype], counts: list[int]
    ) -> None:
        self.asks = tuple(dict.fromkeys(ask for part in parts for ask in part.asks))
        self._parts = parts
        self._build = build
        self._decisions = sorted(_asked(self.asks))
        ways = prod(counts[decision] + 1 for decision in self._decisions)
        self._room = KEPT if ways <= KEPT else 1
        self._kept: dict[tuple[int, ...], Genotype] = {}

    def make(self, picks: Picks) -> Genotype:
        """The expression of what the parts give."""
        key = tuple([picks[decision] for decision in self._decisions])
        found = self._kept.get(key)
        if found is None:
            made = [part.make(picks) for part in self._parts]
            if len(self._kept) >= self._room:
                self._kept.clear()
            found = self._kept[key] = self._build(made)
        return found


def _asked(asks: Asks) -> set[int]:
    """Every decision that may be asked for."""
    found, todo = set[int](), [asks]
    while todo:
        for decision, inner in todo.pop():
            found.add(decision)
            todo += inner or ()
    return found


class Planner:
    """Makes plans; `found` are the choices by key, in the order in which they stand.

    A key is the path of the place (`s3.kernel`, `s3.repeats`); `each` adds the copy's number, `@`
    names the place, `tie` begins anew, and `choice(..., name="k")` is `k` wherever it stands. So
    adding a choice elsewhere changes no stored key.
    """

    def __init__(self) -> None:
        self.found: dict[str, Choice] = {}
        self._numbers: dict[str, int] = {}
        self._counts: list[int] = []
        self._ties: dict[str, tuple[Genotype, Part]] = {}

    def __call__(self, part: Genotype, at: Key = ()) -> Part:
        """The plan of an expression; SpaceError where two choices or ties can't be told apart."""
        if not part.open:
            return Fixed(part)
        match part:
            case Choice():
                decision = self._decision(part, at)
                names = option_names(part)
                options = [
                    self._value(o, (*at, n)) for o, n in zip(part.options, names, strict=True)
                ]
                return Chosen(decision, options)
            case Leaf(word=word, values=values):
                fields = [name for name, _ in values]
                inside = [self._value(value, (*at, name)) for name, value in values]
                return self._built(
                    inside, lambda made: with_fields(word, dict(zip(fields, made, strict=True)))
                )
            case Chain(items=items):
                steps = [(*at, name) if name else at for name in places(items)]
                return self._joined(items, steps, lambda made: Chain(tuple(made)))
            case Branches(items=items) | Sum(items=items):
                kind = type(part)
                return self._joined(items, _numbered(at, items), lambda made: kind(tuple(made)))
            case Row(copies=copies):
                return self._joined(copies, _numbered(at, copies), lambda made: row(tuple(made)))
            case Repeat():
                return self._repeat(part, at)
            case Tie(body=body, name=name):
                return self._tie(part, body, name)
            case Named(body=body):
                return self._joined([body], [at], lambda made: replace(part, body=made[0]))
        return self._rebuilt(part, at)

    def _value(self, value: object, at: Key) -> Part:
        """A field's value, a count or an option."""
        if isinstance(value, Choice) and not value.parts:
            decision = self._decision(value, at)
            return Chosen(decision, [Fixed(option) for option in value.options])
        return self(value, at) if isinstance(value, Genotype) else Fixed(cast(Argument, value))

    def _built(self, parts: Sequence[Part], build: Callable[[list[Argument]], Genotype]) -> Built:
        return Built(parts, build, self._counts)

    def _joined(
        self,
        items: Sequence[Genotype],
        places: Sequence[Key],
        build: Callable[[list[Genotype]], Genotype],
    ) -> Built:
        parts = [self(item, place) for item, place in zip(items, places, strict=True)]
        return self._built(parts, lambda made: build(cast(list[Genotype], made)))

    def _repeat(self, part: Repeat, at: Key) -> Part:
        body, times = part.body, self._value(part.times, (*at, "repeats"))
        if part.each:
            counts = part.times.options if isinstance(part.times, Choice) else (part.times,)
            copies = [self(body, (*at, str(i))) for i in range(max(cast(Sequence[int], counts)))]

            def first(count: int) -> Part:
                return self._built(
                    copies[:count], lambda made: row(tuple(cast(list[Genotype], made)))
                )

            if isinstance(times, Chosen):
                return Chosen(times.decision, [first(cast(int, count)) for count in counts])
            return first(cast(int, part.times))
        # `(a * n) * m`: the inner count has a place of its own
        own = called(body) if isinstance(body, Repeat | Row | Named) else None
        inner = self(body, (*at, own) if own else at)
        return self._built(
            [times, inner], lambda made: Repeat(cast(Genotype, made[1]), cast(int, made[0]))
        )

    def _tie(self, part: Tie, body: Genotype, name: str) -> Part:
        """One plan wherever it stands, as its decisions are the same."""
        if name not in self._ties:
            tied = self._joined([body], [(name,)], lambda made: replace(part, body=made[0]))
            self._ties[name] = body, tied
        if self._ties[name][0] != body:
            raise SpaceError(
                f"two ties are called {name!r} but hold different expressions; "
                "give one of them another name"
            )
        return self._ties[name][1]

    def _rebuilt(self, part: Genotype, at: Key) -> Part:
        """Any other expression, by its parts in the order in which `rebuilt` visits them."""
        inside: list[Part] = []

        def plan(inner: Genotype) -> Genotype:
            inside.append(self(inner, at))
            return inner

        rebuilt(part, plan)

        def build(made: list[Argument]) -> Genotype:
            left = iter(cast(list[Genotype], made))
            return rebuilt(part, lambda _: next(left))

        return self._built(inside, build)

    def _decision(self, choice: Choice, at: Key) -> int:
        """The number of a choice's decision: every choice of one key is the same choice."""
        key = choice.name or ".".join(at) or "choice"
        if key in self.found and choice.name is None:
            raise SpaceError(
                f"two choices have the key {key!r}; give the parts that hold them different names "
                "with @, or name the choices"
            )
        before = self.found.setdefault(key, choice)
        if (before.options, before.name) != (choice.options, choice.name):
            raise SpaceError(
                f"two choices are called {key!r} but differ: {before} and {choice}; "
                "give one of them another name"
            )
        if key not in self._numbers:
            self._numbers[key] = len(self._counts)
            self._counts.append(len(choice.options))
        return self._numbers[key]


def _numbered(at: Key, items: Sequence[Genotype]) -> list[Key]:
    return [(*at, str(i)) for i in range(len(items))]


def option_names(choice: Choice) -> list[str]:
    """Places of the options: their words, numbered where two have one."""
    names = [called(option) if isinstance(option, Genotype) else None for option in choice.options]
    seen: dict[str, int] = {}
    result = []
    for name in names:
        word = name or "option"
        seen[word] = seen.get(word, 0) + 1
        result.append(word if seen[word] == 1 else f"{word}{seen[word]}")
    return result
