"""Samplers, one per file: how the next candidate is drawn.

A new sampler is one more file here with a class `Sampler`, which inherits `SpaceSampler`; its name
on the command line is the file's.
"""

from __future__ import annotations

import importlib
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


def make(name: str, candidates: Candidates, seed: int) -> SpaceSampler:
    """The sampler called `name`, drawing from `candidates`. Raises `UsageError` if unknown."""
    if name not in names():
        known = ", ".join(names())
        raise UsageError(f"sampler {name!r} is none of {known}{nearest(name, names())}")
    module = importlib.import_module(f"{__name__}.{name}")
    sampler: SpaceSampler = module.Sampler(candidates, seed)
    return sampler
