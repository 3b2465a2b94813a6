"""Decisions: the choices of a space, each with a key that says where it stands, and its options."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from nas.errors import SpaceError

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


def label(option: object) -> Option:
    """How an option is stored: a number, word or switch as it is, anything else as text."""
    return option if isinstance(option, int | float | str) else str(option)
