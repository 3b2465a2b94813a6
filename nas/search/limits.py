"""Limits: the most MACs and parameters a candidate may have, checked before anything is built."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nas.errors import UsageError

_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}


def parse_count(text: str) -> int:
    """The whole number that `text` writes with or without a unit k, M, G, B (= G) or T.

    Raises `UsageError` where it is no positive count.

    >>> parse_count("2.5G")
    2500000000
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)\s*([a-zA-Z]?)", text.strip())
    unit = found[2] if found else "?"
    factor = _UNITS.get(unit, _UNITS.get(unit.upper(), _UNITS.get(unit.lower())))
    count = round(float(found[1]) * factor) if found and factor else 0
    if count < 1:
        raise UsageError(f"{text!r} is no count; write a positive number such as 400M, 2.5G or 250k")
    return count


def format_count(count: float) -> str:
    """`count` with three digits and a unit, as `parse_count` reads it: 1234567 is `1.23M`."""
    for unit in ("T", "G", "M", "k"):
        if count >= _UNITS[unit] * 0.9995:
            scaled = count / _UNITS[unit]
            return f"{scaled:.{max(0, 2 - len(str(int(scaled))) + 1)}f}{unit}"
    return f"{count:.0f}"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most MACs and the most parameters allowed; None is no limit."""

    macs: int | None = None
    params: int | None = None

    def excess(self, macs: int, params: int) -> float:
        """How often these figures hold the tightest limit: above 1 is infeasible; 0 without limits."""
        return max(
            macs / self.macs if self.macs else 0.0, params / self.params if self.params else 0.0
        )

    def __str__(self) -> str:
        parts = []
        if self.macs:
            parts.append(f"at most {format_count(self.macs)} MACs")
        if self.params:
            parts.append(f"at most {format_count(self.params)} parameters")
        return " and ".join(parts) or "no limits"
