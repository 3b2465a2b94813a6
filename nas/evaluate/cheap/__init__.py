"""Cheap evaluators, one per file: each scores a candidate in far less time than its training takes.

A new one is one more file here with a function `evaluator(given)`, which makes it of what is
`Given` for a search, and `FIGURES`, the names of what it measures, the main one first: "score"
(larger is better), or "accuracy" and "loss". Its name on the command line is the file's, with `-`
for `_`.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from nas.errors import UsageError, nearest

if TYPE_CHECKING:
    from nas.evaluate.staged import Scorer

__all__ = ["TRAIN", "Given", "figures", "make", "names"]

TRAIN = "train"  # the evaluator that isn't cheap: real epochs


@dataclass(frozen=True, slots=True)
class Given:
    """What a search gives to its evaluator: its data set, the text of its space as it draws from it
    (`near` as in `nas.space.Space`), torch's name of the device, the seed, the recipe, a folder to
    keep files in, limits, and the options that were given for one evaluator or other."""

    data: str
    space: str
    device: str | None
    seed: int
    recipe: str
    folder: Path
    near: bool = False
    max_macs: int | None = None
    max_params: int | None = None
    proxy: str | None = None
    table: str | None = None


def names() -> tuple[str, ...]:
    """The names of all evaluators of a search, training first; nothing is imported for it."""
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    cheap = sorted(name.replace("_", "-") for name in modules if not name.startswith("_"))
    return (TRAIN, *cheap)


def figures(name: str) -> tuple[str, ...]:
    """What an evaluator measures, the main figure first. Raises `UsageError` for an unknown one."""
    return ("accuracy", "loss") if name == TRAIN else tuple(_module(name).FIGURES)


def make(name: str, given: Given) -> Scorer:
    """The cheap evaluator called `name`. Raises `UsageError` if there is none, or it misses what it
    needs."""
    made: Scorer = _module(name).evaluator(given)
    return made


def _module(name: str) -> ModuleType:
    if name not in names() or name == TRAIN:
        known = ", ".join(names())
        raise UsageError(f"evaluator {name!r} is none of {known}{nearest(name, names())}")
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
