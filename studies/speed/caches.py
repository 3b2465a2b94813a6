"""nas's caches, emptied: what was counted before would otherwise be looked up."""

from __future__ import annotations

import sys
from functools import cache
from typing import Protocol

from nas.genotype.normal import normal
from nas.genotype.recording import recorded

REGISTRIES = ("nas.blocks", "nas.zoo")  # which only say what was imported


class Cache(Protocol):
    def cache_clear(self) -> None: ...


def forget_networks() -> None:
    """The caches keyed by a whole genotype; what is known of blocks and layers stays."""
    recorded.cache_clear()
    normal.cache_clear()


def forget_all() -> None:
    """Every cache but the registries."""
    for one in _caches(len(sys.modules)):
        one.cache_clear()


@cache
def _caches(modules: int) -> tuple[Cache, ...]:
    """Looked for once while that many modules are imported: a walk through all of them before each
    count would empty the processor's own caches, too."""
    return tuple(
        value
        for name, module in list(sys.modules.items())
        if name.startswith("nas.")
        for value in vars(module).values()
        if hasattr(value, "cache_clear")
        and not (getattr(value, "__module__", None) or "").startswith(REGISTRIES)
    )
