"""Hypervolume: how much of a box the points of a front dominate, kept as points are added.

Source: While et al. 2012 (WFG), doi:10.1109/TEVC.2010.2077298: what a point adds is its own box
less what the others dominate of that. Optuna's own is private; it is the witness in the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

Point = tuple[float, ...]  # in each axis how far above the reference, at least 0


def volume(points: Sequence[Point]) -> float:
    """The volume that is dominated by any of the points, above 0 in each axis."""
    points = _undominated(points)
    if not points:
        return 0.0
    if len(points[0]) == 1:
        return points[0][0]
    if len(points[0]) == 2:
        return _area(points)
    return sum(added(point, points[number + 1 :]) for number, point in enumerate(points))


def added(point: Point, others: Sequence[Point]) -> float:
    """The volume that `point` dominates and none of the others does."""
    inside = [tuple(map(min, point, other)) for other in others]
    return prod(point) - volume(inside)


def _area(points: Sequence[Point]) -> float:
    """Of two axes, where no point dominates another: steps of a stair, from the right."""
    total = low = 0.0
    for x, y in points:
        total += x * (y - low)
        low = y
    return total


def _undominated(points: Sequence[Point]) -> list[Point]:
    """Those that no other dominates or equals, largest in the first axis first."""
    kept: list[Point] = []
    for point in sorted(set(points), reverse=True):
        if not any(all(a >= b for a, b in zip(other, point, strict=True)) for other in kept):
            kept.append(point)
    return kept
