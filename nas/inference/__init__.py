"""Networks made ready for use: batch norm folded, channels last, fused kernels, whatever measures
faster here. torch is imported on the first use.

    fast = nas.optimize(nas.load("runs/a"))  # or another module and an example batch
    fast(images)                             # within 1e-5 of scale of what the network gave
    print(nas.inference.table(fast))         # what was tried, and how long it took
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nas.inference.choice import Optimized, Tried, optimize, table

__all__ = ["Optimized", "Tried", "optimize", "table"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from nas.inference import choice

        return getattr(choice, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
