"""Decisions: the choices of an expression, each with a key that says where it stands, and what
deciding them gives.

A key is the path of the place (`s3.kernel`, `s3.repeats`); `each` adds the copy's number, `@`
names the place, `tie`
begins anew, and `choice(..., name="k")` is `k` wherever it stands. So adding a choice elsewhere
changes no stored key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
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

Option: TypeAlias = int | float | bool | str
Key: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: its key and its options (values as they are, expressions by their text)."""

    key: str
    options: tuple[Option, ...]


def label(option: object) -> Option:
    """How an option is stored: a number, word or switch as it is, anything else as text."""
    return option if isinstance(option, int | float | str) else str(option)


Decide: TypeAlias = Callable[[str, Choice], int]


class Decider:
    """Walks an expression and replaces every choice by the option that `decide(key, choice)` picks.

    A key is asked for once; a second choice of that key takes the same option.
    """

    def __init__(self, decide: Decide) -> None:
        self.decide = decide
        self.made: dict[str, int] = {}
        self._names: dict[int, list[str | None]] = {}

    def __call__(self, part: Genotype, at: Key = ()) -> Genotype:
        """The expression without choices."""
        if not part.open:
            return part
        match part:
            case Choice():
                index = self.pick(part, at)
                option = part.options[index]
                return self(cast(Genotype, option), (*at, *_option_names(part)[index : index + 1]))
            case Leaf(word=word, values=values):
                return with_fields(
                    word, {name: self.value(value, (*at, name)) for name, value in values}
                )
            case Chain(items=items):
                names = places(items)
                inner = [(*at, name) if name else at for name in names]
                return Chain(
                    tuple(self(item, place) for item, place in zip(items, inner, strict=True))
                )
            case Branches(items=items) | Sum(items=items):
                return type(part)(tuple(self(item, (*at, str(i))) for i, item in enumerate(items)))
            case Row(copies=copies):
                return row(tuple(self(copy, (*at, str(i))) for i, copy in enumerate(copies)))
            case Repeat(body=body, times=times, each=each):
                count = cast(int, self.value(times, (*at, "repeats")))
                if each:
                    return row(tuple(self(body, (*at, str(i))) for i in range(count)))
                # `(a * n) * m`: the inner count has a place of its own
                own = called(body) if isinstance(body, Repeat | Row | Named) else None
                return Repeat(self(body, (*at, own) if own else at), count)
            case Named(body=body):
                return replace(part, body=self(body, at))
            case Tie(body=body, name=name):
                return replace(part, body=self(body, (name,)))
        return rebuilt(part, lambda inner: self(inner, at))

    def value(self, value: Argument | int, at: Key) -> Argument:
        """A field's value or a count without choices."""
        if isinstance(value, Choice) and not value.parts:
            return value.options[self.pick(value, at)]
        return self(value, at) if isinstance(value, Genotype) else value

    def pick(self, choice: Choice, at: Key) -> int:
        """The index of the option, asked for once a key."""
        key = key_of(choice, at)
        index = self.made.get(key)
        if index is None:
            index = self.made[key] = self.decide(key, choice)
        return index


def key_of(choice: Choice, at: Key) -> str:
    """The key of a choice that stands at `at`."""
    return choice.name or ".".join(at) or "choice"


def _option_names(choice: Choice) -> list[str]:
    """Places of the options: their words, numbered where two have one."""
    names = [called(option) if isinstance(option, Genotype) else None for option in choice.options]
    seen: dict[str, int] = {}
    result = []
    for name in names:
        word = name or "option"
        seen[word] = seen.get(word, 0) + 1
        result.append(word if seen[word] == 1 else f"{word}{seen[word]}")
    return result


def every_decision(space: Genotype) -> tuple[Decision, ...]:
    """All decisions, also those that stand only in some options, in order of place."""
    found: dict[str, Choice] = {}
    _Explorer(found)(space)
    return tuple(Decision(key, tuple(map(label, choice.options))) for key, choice in found.items())


class _Explorer(Decider):
    """Visits every option of every choice and the most copies of every repeat."""

    def __init__(self, found: dict[str, Choice]) -> None:
        super().__init__(self.largest)
        self.found = found
        self.ties: dict[str, Genotype] = {}
        self.again = False  # inside a tie that was met before

    def pick(self, choice: Choice, at: Key) -> int:
        """As ever, and every choice of a key is the same choice."""
        key = key_of(choice, at)
        if key in self.found and choice.name is None and not self.again:
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
        return super().pick(choice, at)

    def largest(self, key: str, choice: Choice) -> int:
        """The index of the most copies; 0 where the options are no numbers."""
        options = choice.options
        if all(isinstance(option, int) for option in options):
            return options.index(max(cast(tuple[int, ...], options)))
        return 0

    def __call__(self, part: Genotype, at: Key = ()) -> Genotype:
        if isinstance(part, Choice):
            self.pick(part, at)
            made = [
                self(option, (*at, name))
                for option, name in zip(part.options, _option_names(part), strict=True)
                if isinstance(option, Genotype)
            ]
            return made[0]
        if not isinstance(part, Tie):
            return super().__call__(part, at)
        if self.ties.get(part.name, part.body) != part.body:
            raise SpaceError(
                f"two ties are called {part.name!r} but hold different expressions; "
                "give one of them another name"
            )
        before, self.again = self.again, self.again or part.name in self.ties
        self.ties[part.name] = part.body
        resolved = super().__call__(part, at)
        self.again = before
        return resolved
