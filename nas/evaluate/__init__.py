"""Evaluators: each measures one candidate, and knows nothing of the search or of where it runs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nas.evaluate.train import TrainEvaluator

__all__ = ["TrainEvaluator"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: evaluators need torch, and listing them should not.
    if name == "TrainEvaluator":
        return importlib.import_module("nas.evaluate.train").TrainEvaluator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
