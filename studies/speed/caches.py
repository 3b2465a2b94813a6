"""nas's caches, emptied: what was counted before would otherwise be looked up."""

from __future__ import annotations

import sys

from nas.genotype.normal import normal
from nas.genotype.recording import recorded

REGISTRIES = ("nas.blocks", "nas.zoo")  # which only say what was imported


def forget_networks() -> None:
    """The caches keyed by a whole genotype; what is known of blocks and layers stays."""
    recorded.cache_clear()
    normal.cache_clear()


def forget_all() -> None:
    """Every cache but the registries."""
    for name, module in list(sys.modules.items()):
        if name.startswith("nas."):
            for value in vars(module).values():
                made_in = getattr(value, "__module__", None) or ""
                if hasattr(value, "cache_clear") and not made_in.startswith(REGISTRIES):
                    value.cache_clear()
