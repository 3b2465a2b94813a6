"""Decisions: the choices of a space, each with a key that says where it stands, and its options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from nas.errors import SpaceError
from nas.genotype.expression import Genotype
from nas.genotype.places import called

Option: TypeAlias = int | float | bool | str


@dataclass(frozen=True)
class Decision:
    """One decision: its key and its options (values as they are, expressions by their text)."""

    key: str
    options: tuple[Option, ...]

    def index(self, option: Option) -> int:
        """Which of the options it is, True being none of 1; SpaceError where it is none."""
        found = self._at.get((option, isinstance(option, bool)))
        if found is None:
            raise SpaceError(
                f"the decision {self.key!r} has no option {option!r}; its options are "
                f"{', '.join(map(str, self.options))}"
            )
        return found

    @cached_property
    def _at(self) -> dict[tuple[Option, bool], int]:
        return {(option, isinstance(option, bool)): i for i, option in enumerate(self.options)}


def labels(options: Sequence[object]) -> tuple[Option, ...]:
    """How a choice's options are stored: numbers, words and switches as they are, expressions by
    their text.

    One that holds choices is stored by its block's word, as they are decisions of their own; by
    its text only where another option has that word.
    """
    words = tuple(_word(option) for option in options)
    return words if len(set(words)) == len(words) else tuple(map(_text, options))


def _text(option: object) -> Option:
    return option if isinstance(option, int | float | str) else str(option)


def _word(option: object) -> Option:
    word = called(option) if isinstance(option, Genotype) and option.open else None
    return _text(option) if word is None else word
