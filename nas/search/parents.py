"""Whose weights a new candidate begins with: the complete trial that it differs least from.

Weights are kept of the youngest complete trials and of the front; no others can be parents.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

YOUNG = 32  # of the youngest complete trials; regularized evolution has 16 alive


@dataclass(slots=True)
class Parents:
    """The trials whose weights are kept, besides the front's."""

    young: deque[int] = field(default_factory=lambda: deque(maxlen=YOUNG))
    of: dict[int, int] = field(default_factory=dict)  # the parent of each trial that hasn't ended
    next: deque[int] = field(default_factory=deque)  # those that are to have a child each

    @property
    def needed(self) -> set[int]:
        """The trials whose weights must stay."""
        return {*self.young, *self.of.values(), *self.next}


def nearest(
    point: Mapping[str, Any], among: Iterable[tuple[int, Mapping[str, Any], float]]
) -> int | None:
    """Of (number, point, gain) the number with the fewest decisions that differ from `point`; of
    several the best, then the youngest. None where there is none."""
    ranked = [(apart(point, other), -gain, -number) for number, other, gain in among]
    return -min(ranked)[-1] if ranked else None


def apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    """How many decisions differ; one that only one of the two has does."""
    missing = object()
    return sum(one.get(key, missing) != other.get(key, missing) for key in {*one, *other})
