"""Training: recipes, the loop, scores and weights on disk.

Everything here is loaded on first use, so that `import nas.train` does not load torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nas.train.history import Epoch, History
    from nas.train.loop import fit
    from nas.train.recipe import Recipe
    from nas.train.score import Score

__all__ = ["Epoch", "History", "Recipe", "Score", "fit"]

_HOMES = {
    "Epoch": "history",
    "History": "history",
    "Recipe": "recipe",
    "Score": "score",
    "fit": "loop",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
