"""Values of options: what can't be read is told with the option's name."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from nas.errors import UsageError

Value = TypeVar("Value")


def read(named: str, text: str, parse: Callable[[str], Value]) -> Value:
    """What `parse` makes of the text that was given for an option, such as `--time`. Raises
    `UsageError`, which names it."""
    try:
        return parse(text)
    except UsageError as error:
        raise UsageError(f"{named}: {error}") from None


MOST = 2**63 - 1  # of a whole number: torch's seeds and sizes have 64 bits


def at_least(args: argparse.Namespace, **least: int) -> None:
    """Raises `UsageError` for an option below the least that it can be, where it is given, or
    beyond 64 bits."""
    for name, lowest in least.items():
        value = getattr(args, name)
        if value is not None and value < lowest:
            raise UsageError(f"{option(name)} {value}: must be at least {lowest}")
        if value is not None and value > MOST:
            raise UsageError(f"{option(name)} {value}: must be at most {MOST}")


def option(name: str) -> str:
    """An argument's name as it is written."""
    return f"--{name.replace('_', '-')}"


def given(args: argparse.Namespace, names: Sequence[str]) -> str:
    """Those of the options that were given, in a list; nothing if none was."""
    return ", ".join(option(name) for name in names if getattr(args, name) is not None)


def joined(words: Sequence[str]) -> list[str]:
    """A command line in which a negative quantity (`--time -5s`) belongs to the option before it;
    argparse takes it for an option of its own, and says only that the other one lacks something.

    >>> joined(["search", "--time", "-5s", "--seed", "1"])
    ['search', '--time=-5s', '--seed', '1']
    """
    found: list[str] = []
    for word in words:
        before = found[-1] if found else ""
        if re.match(r"-\.?\d", word) and re.fullmatch(r"--[\w-]+", before):
            found[-1] = f"{before}={word}"
        else:
            found.append(word)
    return found
