"""Zero-cost proxies: scores of an untrained network that should rank candidates as training would.

One file each, with a function `score(probe)`: larger is better, signs as published. A new proxy is
one more file here; its name is the file's. How far they can be trusted differs by space: see
`studies/zero_cost`. Survey: arXiv:2101.08134.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from nas.errors import UsageError, nearest

if TYPE_CHECKING:
    from nas.evaluate.zero_cost._probe import Probe

__all__ = ["USUAL", "names", "proxy"]

USUAL = "naswot"  # of a search: in studies/zero_cost it ranks best, but for counting alone


def names() -> tuple[str, ...]:
    """The names of all proxies, sorted; nothing is imported for it."""
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in modules if not name.startswith("_")))


def proxy(name: str) -> Callable[[Probe], float]:
    """The proxy called `name`. Raises `UsageError` if there is none."""
    if name not in names():
        known = ", ".join(names())
        raise UsageError(f"zero-cost proxy {name!r} is none of {known}{nearest(name, names())}")
    found: Callable[[Probe], float] = importlib.import_module(f"{__name__}.{name}").score
    return found
