"""Laws, one per file: from one number, phi, to a width, a depth and a resolution.

A new law is one more file here with a frozen dataclass `Law`, which inherits `ScalingLaw`; its name
on the command line is the file's, and its fields are its coefficients.
"""

from __future__ import annotations

import dataclasses
import importlib
import math
import pkgutil

from nas.errors import UsageError, nearest, shown
from nas.scaling.laws._base import ScalingLaw

__all__ = ["ScalingLaw", "make", "names"]


def names() -> tuple[str, ...]:
    """The names of all laws, sorted; nothing is imported for it."""
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in modules if not name.startswith("_")))


def make(name: str, **coefficients: float) -> ScalingLaw:
    """The law of that name with these coefficients; UsageError for an unknown one, and for a
    coefficient that isn't a number above 0."""
    if name not in names():
        known = ", ".join(names())
        raise UsageError(f"law {name!r} is none of {known}{nearest(name, names())}")
    kind: type[ScalingLaw] = importlib.import_module(f"{__name__}.{name}").Law
    known_fields = [field.name for field in dataclasses.fields(kind)]
    for key, value in coefficients.items():
        if key not in known_fields:
            has = f"it has {', '.join(known_fields)}" if known_fields else "it has none"
            raise UsageError(f"law {name} has no coefficient {key!r}; {has}")
        if isinstance(value, bool) or not 0 < value < math.inf:
            raise UsageError(
                f"law {name}: {key} must be a number above 0, such as 1.2, but got {shown(value)}"
            )
    return kind(**coefficients)
