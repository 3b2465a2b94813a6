"""Samplers, one per file: how the next candidate is drawn.

A new sampler is one more file here with a class `Sampler`, which inherits `SpaceSampler`; its name
on the command line is the file's, and what its constructor takes by keyword is set behind a colon:
`evolution:population=50,sample=10`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING

from nas.errors import UsageError, nearest

if TYPE_CHECKING:
    from nas.search.candidates import Candidates
    from nas.search.samplers._base import SpaceSampler


def names() -> tuple[str, ...]:
    """The names of all samplers, sorted; nothing is imported for it."""
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in modules if not name.startswith("_")))


def make(text: str, candidates: Candidates, seed: int) -> SpaceSampler:
    """The sampler that `text` names (`name` or `name:setting=number,...`), drawing from
    `candidates`.

    Raises `UsageError` for an unknown name or setting, or a number that it can't have.
    """
    name, _, given = text.partition(":")
    if name not in names():
        known = ", ".join(names())
        raise UsageError(f"sampler {name!r} is none of {known}{nearest(name, names())}")
    kind = importlib.import_module(f"{__name__}.{name}").Sampler
    sampler: SpaceSampler = kind(candidates, seed, **_settings(name, kind, given))
    return sampler


def _settings(name: str, kind: type[SpaceSampler], given: str) -> dict[str, int]:
    """`setting=number,...` as the keywords of the constructor."""
    known = [
        each.name
        for each in inspect.signature(kind).parameters.values()
        if each.kind == inspect.Parameter.KEYWORD_ONLY
    ]
    found: dict[str, int] = {}
    for part in filter(None, given.split(",")):
        key, _, number = (word.strip() for word in part.partition("="))
        if key not in known:
            has = f"it has {', '.join(known)}{nearest(key, known)}" if known else "it has none"
            raise UsageError(f"sampler {name} has no setting {key!r}; {has}")
        if key in found:
            raise UsageError(f"sampler {name}: {key} is set twice; keep one")
        if not (number.isascii() and number.isdigit()):
            raise UsageError(
                f"sampler {name}: {key}={number} must be a whole number, such as {key}=20"
            )
        found[key] = int(number)
    return found
