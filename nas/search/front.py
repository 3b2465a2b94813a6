"""The Pareto front, kept as trials finish: never recomputed from all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

Member = TypeVar("Member")
Gains = tuple[float, ...]  # larger is better in each


def dominates(a: Gains, b: Gains) -> bool:
    """Whether `a` is as good as `b` in everything and better in something."""
    return a != b and all(x >= y for x, y in zip(a, b, strict=True))


@dataclass(slots=True)
class Front(Generic[Member]):
    """The members that no other dominates; of equal ones the first added stays alone."""

    _members: list[tuple[Gains, Member]] = field(default_factory=list)

    def add(self, gains: Gains, member: Member) -> bool:
        """Add `member` unless it is dominated or equalled; whether it is now on the front."""
        if any(held == gains or dominates(held, gains) for held, _ in self._members):
            return False
        self._members = [each for each in self._members if not dominates(gains, each[0])]
        self._members.append((gains, member))
        return True

    @property
    def members(self) -> tuple[Member, ...]:
        """The front, best in the first gain first."""
        return tuple(member for _, member in sorted(self._members, key=lambda each: each[0]))[::-1]
