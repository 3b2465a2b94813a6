"""Studies: what is searched and how, run in a folder; the one place that knows all parts.

The command line and a committed `study.toml` go the same way through here.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nas.study.run import Result, Run
    from nas.study.settings import Budget, Evaluation, Goal, Study, Training

__all__ = ["Budget", "Evaluation", "Goal", "Result", "Run", "Study", "Training"]


def __getattr__(name: str) -> Any:
    if name in ("Result", "Run"):  # loads Optuna
        return getattr(importlib.import_module("nas.study.run"), name)
    if name in __all__:
        return getattr(importlib.import_module("nas.study.settings"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
