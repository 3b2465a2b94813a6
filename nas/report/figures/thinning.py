"""Thinning: of thousands of rows those that can be told apart in a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

Row = TypeVar("Row")


def spread(rows: Sequence[Row], most: int) -> Sequence[Row]:
    """At most so many of them, evenly over their order, the first and last among them."""
    if len(rows) <= most:
        return rows
    if most < 2:
        return rows[:most]
    return [rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most)]


def apart(
    rows: Sequence[Row], place: Callable[[Row], tuple[float, float]], most: int
) -> Sequence[Row]:
    """At most so many of them, no two in one cell of a grid over their places: the first of each.

    The grid is as fine as that allows, so that a cloud keeps its outline and its outliers.
    """
    if len(rows) <= most:
        return rows
    places = [place(row) for row in rows]
    low = tuple(min(each[axis] for each in places) for axis in (0, 1))
    wide = tuple(max(each[axis] for each in places) - low[axis] or 1.0 for axis in (0, 1))
    cells, kept = int(math.sqrt(most) * 4), list(rows)
    while len(kept) > most:
        taken: dict[tuple[int, int], Row] = {}
        for row, (x, y) in zip(rows, places, strict=True):
            cell = int((x - low[0]) / wide[0] * cells), int((y - low[1]) / wide[1] * cells)
            taken.setdefault(cell, row)
        kept, cells = list(taken.values()), int(cells * 0.85)
    return kept
