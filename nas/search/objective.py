"""Objectives: what a search makes large or small, from the figures of a trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from nas.errors import UsageError, nearest

MNASNET = "mnasnet"
EXPONENT = -0.07  # twice the MACs for 5 % more accuracy is an even trade
_MAXIMIZED = {"accuracy": True, MNASNET: True, "loss": False, "macs": False, "params": False}


def reward(accuracy: float, macs: float, target: float) -> float:
    """MnasNet's reward: the accuracy (0 to 1), made smaller above `target` MACs and larger below.

    Source: arXiv:1807.11626, section 3, with MACs for latency.
    """
    return float(accuracy * (macs / target) ** EXPONENT)


@dataclass(frozen=True, slots=True)
class Objective:
    """One or several figures to optimize; `target` is MnasNet's, in MACs.

    Raises `UsageError` for an unknown or repeated name, or a reward without a target.
    """

    names: tuple[str, ...] = (MNASNET,)
    target: int = 0

    def __post_init__(self) -> None:
        known = objectives()
        for name in self.names:
            if name not in known:
                hint = nearest(name, known)
                raise UsageError(f"objective {name!r} is none of {', '.join(known)}{hint}")
        if not self.names or len(set(self.names)) < len(self.names):
            raise UsageError(f"objectives {','.join(self.names)!r}: name each once, at least one")
        if MNASNET in self.names and self.target < 1:
            raise UsageError(f"objective mnasnet: the target must be >= 1 MAC, not {self.target}")

    @property
    def directions(self) -> tuple[Literal["maximize", "minimize"], ...]:
        """`"maximize"` or `"minimize"` for each name."""
        return tuple("maximize" if _MAXIMIZED[name] else "minimize" for name in self.names)

    @property
    def main(self) -> int:
        """Which of the names decides between the members of a front: the accuracy, or the first."""
        return self.names.index("accuracy") if "accuracy" in self.names else 0

    def values(self, figures: Mapping[str, float]) -> tuple[float, ...]:
        """The objectives' values; `figures` holds at least accuracy, macs and params.

        Raises `KeyError` where a named figure was not measured.
        """
        return tuple(
            reward(figures["accuracy"], figures["macs"], self.target)
            if name == MNASNET
            else figures[name]
            for name in self.names
        )

    def gains(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """`values` with the sign by which larger is better."""
        return tuple(
            value if _MAXIMIZED[name] else -value
            for name, value in zip(self.names, values, strict=True)
        )


def objectives() -> tuple[str, ...]:
    """The names that an objective may have."""
    return tuple(_MAXIMIZED)
