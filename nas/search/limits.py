"""Limits: the most MACs and parameters a candidate may have, checked before anything is built."""

from __future__ import annotations

from dataclasses import dataclass

from nas.quantity import format_count


@dataclass(frozen=True, slots=True)
class Limits:
    """The most MACs and the most parameters allowed; None is no limit."""

    macs: int | None = None
    params: int | None = None

    def excess(self, macs: int, params: int) -> float:
        """How often these figures hold the tightest limit: above 1 is infeasible."""
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
