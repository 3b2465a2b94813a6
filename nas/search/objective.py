"""Objectives: what a search makes large or small, from the figures of a trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from nas.errors import UsageError, nearest
from nas.search.front import Box

MNASNET = "mnasnet"
SCORE = "score"  # of a network that isn't trained; what stands for it once it is, is its accuracy
EXPONENT = -0.07  # twice the MACs for 5 % more accuracy is an even trade
_MAXIMIZED = {
    "accuracy": True,
    MNASNET: True,
    SCORE: True,
    "loss": False,
    "macs": False,
    "params": False,
    "latency": False,
    "memory": False,
}
_BOUNDED = {"accuracy": 1.0, MNASNET: 1.0, SCORE: 1.0}  # from 0; a reward may be a little larger


def reward(accuracy: float, cost: float, target: float) -> float:
    """MnasNet's reward: the accuracy (0 to 1), made smaller above the target cost and larger below.

    Source: arXiv:1807.11626, section 3, where the cost is latency in seconds; or MACs.
    """
    return float(accuracy * (cost / target) ** EXPONENT)


@dataclass(frozen=True, slots=True)
class Objective:
    """One or several figures to optimize; `target` is MnasNet's, of the figure called `cost`.

    `reference` holds the worst value that counts in the hypervolume for each of `axes`: fixed for
    a run, so that its hypervolume never falls; empty where none is wanted. Raises `UsageError` for
    an unknown or repeated name, or a reward without a target.
    """

    names: tuple[str, ...] = (MNASNET,)
    target: float = 0
    cost: str = "macs"  # or "latency", in seconds
    reference: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        known = objectives()
        for name in self.names:
            if name not in known:
                hint = nearest(name, known)
                raise UsageError(f"objective {name!r} is none of {', '.join(known)}{hint}")
        if not self.names or len(set(self.names)) < len(self.names):
            raise UsageError(f"objectives {','.join(self.names)!r}: name each once, at least one")
        if MNASNET in self.names and self.target <= 0:
            unit = {"macs": "MACs", "latency": "seconds"}[self.cost]
            raise UsageError(
                f"objective mnasnet: the target must be more than 0 {unit}, not {self.target}"
            )
        if self.reference and len(self.reference) != len(self.axes):
            raise UsageError(
                f"the reference needs a number for each of {', '.join(self.axes)}, "
                f"but has {len(self.reference)}"
            )

    @property
    def directions(self) -> tuple[Literal["maximize", "minimize"], ...]:
        """`"maximize"` or `"minimize"` for each name."""
        return tuple("maximize" if _MAXIMIZED[name] else "minimize" for name in self.names)

    @property
    def main(self) -> int:
        """Which of the names decides between the members of a front: the accuracy, or the first."""
        return next((i for i, name in enumerate(self.names) if name in ("accuracy", SCORE)), 0)

    @property
    def trained(self) -> Objective:
        """The same of trained networks: their accuracy in the place of a score."""
        return replace(self, names=tuple("accuracy" if n == SCORE else n for n in self.names))

    @property
    def axes(self) -> tuple[str, ...]:
        """What the front is of: the names or, if there is one, accuracy and the cost."""
        return self.names if len(self.names) > 1 else ("accuracy", self.cost)

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures of a candidate that are asked for, besides what its training measures."""
        named = (*self.names, *((self.cost,) if MNASNET in self.names else ()))
        return tuple(name for name in dict.fromkeys(named) if not _measured(name))

    @property
    def counted(self) -> tuple[str | None, ...]:
        """For each name the figure that is counted before a training, None where it is measured,
        with the training's luck."""
        return tuple(None if _measured(name) else name for name in self.names)

    @property
    def box(self) -> Box | None:
        """Where hypervolume is measured: from the reference to accuracy 1, loss 0, cost 0."""
        if not self.reference:
            return None
        signs = [1 if _MAXIMIZED[name] else -1 for name in self.axes]
        worst = tuple(sign * value for sign, value in zip(signs, self.reference, strict=True))
        return Box(worst, tuple(_BOUNDED.get(name, 0.0) for name in self.axes))

    def values(self, figures: Mapping[str, float]) -> tuple[float, ...]:
        """The objectives' values; `figures` holds at least accuracy, macs and params.

        Raises `KeyError` where a named figure was not measured.
        """
        return tuple(
            reward(figures["accuracy"], figures[self.cost], self.target)
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

    def position(
        self, values: tuple[float, ...], figures: Mapping[str, float]
    ) -> tuple[float, ...]:
        """A trial's gains along `axes`."""
        if len(self.names) > 1:
            return self.gains(values)
        accuracy = figures.get("accuracy", self.gains(values)[0])
        return accuracy, -figures[self.cost]


def objectives() -> tuple[str, ...]:
    """The names that an objective may have."""
    return tuple(_MAXIMIZED)


def _measured(name: str) -> bool:
    return name in ("accuracy", "loss", MNASNET, SCORE)
