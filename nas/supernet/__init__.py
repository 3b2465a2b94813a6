"""A supernet: every candidate of a space as slices of one set of weights.

It is read off the expression like everything else. A candidate is compiled as always; what is
special is where its weights lie: at the place in the space that its block comes from, as a slice of
the largest that stands there.

Source: once-for-all, arXiv:1908.09791; single-path one-shot, arXiv:1904.00420; BigNAS,
arXiv:2003.11142.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nas.supernet.supernet import Supernet

__all__ = ["Supernet"]


def __getattr__(name: str) -> Any:
    # Loaded on first use, as it needs torch.
    if name == "Supernet":
        return importlib.import_module("nas.supernet.supernet").Supernet
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
