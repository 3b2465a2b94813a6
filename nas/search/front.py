"""The Pareto front, kept as trials finish: never recomputed from all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from nas.search.hypervolume import added

Member = TypeVar("Member")
Gains = tuple[float, ...]  # larger is better in each


def dominates(a: Gains, b: Gains) -> bool:
    """Whether `a` is as good as `b` in everything and better in something."""
    return a != b and all(x >= y for x, y in zip(a, b, strict=True))


@dataclass(frozen=True, slots=True)
class Box:
    """Where hypervolume is measured: from the `worst` gains that count to the `best`."""

    worst: Gains
    best: Gains

    def within(self, gains: Gains) -> Gains:
        """How far above the worst, in parts of the box; below it counts as 0."""
        return tuple(
            max(0.0, (gain - low) / (high - low))
            for gain, low, high in zip(gains, self.worst, self.best, strict=True)
        )


@dataclass(slots=True)
class Front(Generic[Member]):
    """The members that no other dominates; of equal ones the first added stays alone.

    `hypervolume` is the part of the box that they dominate; it never falls.
    """

    box: Box | None = None
    hypervolume: float = 0.0
    _members: list[tuple[Gains, Member]] = field(default_factory=list)

    def add(self, gains: Gains, member: Member) -> bool:
        """Add `member` unless it is dominated or equalled; whether it is now on the front."""
        if any(held == gains or dominates(held, gains) for held, _ in self._members):
            return False
        if self.box is not None:
            self.hypervolume += self._added(self.box, gains)
        self._members = [each for each in self._members if not dominates(gains, each[0])]
        self._members.append((gains, member))
        return True

    @property
    def members(self) -> tuple[Member, ...]:
        """The front, best in the first gain first."""
        return tuple(member for _, member in sorted(self._members, key=lambda each: each[0]))[::-1]

    def _added(self, box: Box, gains: Gains) -> float:
        others = [box.within(held) for held, _ in self._members]
        return max(0.0, added(box.within(gains), others))
