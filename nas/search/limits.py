"""Limits: the most of each figure that a candidate may have, checked before anything is built."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

from nas.quantity import format_count, spoken_bytes, spoken_seconds

_SAID: dict[str, Callable[[float], str]] = {
    "macs": lambda macs: f"{format_count(macs)} MACs",
    "params": lambda params: f"{format_count(params)} parameters",
    "latency": lambda seconds: f"{spoken_seconds(seconds)} latency",
    "memory": lambda size: f"{spoken_bytes(round(size))} memory",
}
FIGURES = tuple(_SAID)  # what is known of a candidate before it is built


def said(name: str, value: float) -> str:
    """A figure as people read it: `400M MACs`, `20 ms latency`."""
    return _SAID[name](value)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most MACs, parameters, seconds for one image, and bytes in use; None is no limit."""

    macs: int | None = None
    params: int | None = None
    latency: float | None = None
    memory: int | None = None

    def __iter__(self) -> Iterator[tuple[str, float]]:
        """(name, most) of those that are set, the cheapest to know first."""
        order = sorted((field.name for field in fields(self)), key=_COST.index)
        held = ((name, getattr(self, name)) for name in order)
        return ((name, most) for name, most in held if most is not None)

    @property
    def names(self) -> tuple[str, ...]:
        """The figures that have a limit."""
        return tuple(name for name, _ in self)

    def excess(self, figure: Callable[[str], float]) -> float:
        """How often the figures hold the tightest limit: above 1 is infeasible.

        `figure` gives the value of a name, and is asked for none without a limit.
        """
        return max((figure(name) / most for name, most in self), default=0.0)

    def __str__(self) -> str:
        return " and ".join(f"at most {said(name, most)}" for name, most in self) or "no limits"


_COST = ("macs", "params", "memory", "latency")
