"""Values of options: what can't be read is told with the option's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from nas.errors import UsageError

Value = TypeVar("Value")


def read(option: str, text: str, parse: Callable[[str], Value]) -> Value:
    """What `parse` makes of the text that was given for an option, such as `--time`. Raises
    `UsageError`, which names it."""
    try:
        return parse(text)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from None


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
