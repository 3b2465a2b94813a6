"""Rankings: results from best to worst, kept in order as they come.

By front, and within a front the most isolated first, as in NSGA-II (doi:10.1109/4235.996017). A new
result moves only what it dominates: efficient non-domination level update (Li, Deb, Zhang and
Zhang, IEEE Transactions on Cybernetics 47(9), 2017).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nas.search.front import Gains

CELLS = 1 << 18  # compared at a time

Table = NDArray[np.float64]


class Ranking:
    """Results by number; of equal ones the smaller number is better."""

    def __init__(self, gains: Mapping[int, Gains] | None = None) -> None:
        self._new = dict(gains or {})  # not placed yet
        self._levels: list[_Level] = []
        self._placed = 0

    def __len__(self) -> int:
        return self._placed + len(self._new)

    def add(self, number: int, gains: Gains) -> None:
        """Take a result among the others."""
        self._new[number] = gains

    def best(self, among: Set[int], first: int) -> int | None:
        """The best of those that are `among` these, if it is one of the `first` of all."""
        self._place()
        for level in self._levels:
            if first <= 0:
                break
            if not among.isdisjoint(level.numbers):
                found = next((n for n in level.order[:first] if n in among), None)
                if found is not None:
                    return found
            first -= len(level.numbers)
        return None

    def __iter__(self) -> Iterator[int]:
        """All numbers, from best to worst."""
        self._place()
        return (number for level in self._levels for number in level.order)

    def _place(self) -> None:
        # The largest first: what comes later dominates nothing that came before it, and moves it.
        for number in sorted(self._new, key=lambda number: self._new[number], reverse=True):
            self._insert(_Level([number], np.array([self._new[number]], float)))
        self._placed += len(self._new)
        self._new = {}

    def _insert(self, coming: _Level) -> None:
        low, high = 0, len(self._levels)
        while low < high:  # the first level of which none dominates it
            middle = (low + high) // 2
            if _dominated(coming.table, self._levels[middle].table)[0]:
                low = middle + 1
            else:
                high = middle
        while low < len(self._levels):
            here = self._levels[low]
            moves = _dominated(here.table, coming.table)
            if moves.all():  # then whatever is below moves, too
                break
            self._levels[low] = here.only(~moves).joined(coming)
            if not moves.any():
                return
            coming = here.only(moves)
            low += 1
        self._levels.insert(low, coming)


class _Level:
    """Results of which none dominates another."""

    def __init__(self, numbers: list[int], table: Table) -> None:
        self.numbers = numbers
        self.table = table  # a row of gains for each

    def only(self, chosen: NDArray[np.bool_]) -> _Level:
        kept = np.flatnonzero(chosen)
        return _Level([self.numbers[i] for i in kept], self.table[kept])

    def joined(self, other: _Level) -> _Level:
        return _Level(self.numbers + other.numbers, np.concatenate([self.table, other.table]))

    @cached_property
    def order(self) -> list[int]:
        """From best to worst."""
        if self.table.shape[1] == 1:  # all equal
            return sorted(self.numbers)
        by_number = np.argsort(self.numbers)
        lonely = _crowding(self.table[by_number]).round(9)  # equal but for rounding is equal
        return [self.numbers[i] for i in by_number[np.argsort(-lonely, kind="stable")]]


def _dominated(table: Table, by: Table) -> NDArray[np.bool_]:
    """Which rows of `table` some row of `by` dominates."""
    found = np.zeros(len(table), bool)
    step = max(1, CELLS // len(table))
    for start in range(0, len(by), step):
        part = by[start : start + step]
        no_worse = np.ones((len(part), len(table)), bool)
        better = np.zeros_like(no_worse)
        for its, others in zip(part.T, table.T, strict=True):
            no_worse &= its[:, None] >= others
            better |= its[:, None] > others
        found |= (no_worse & better).any(0)
    return found


def _crowding(table: Table) -> NDArray[np.float64]:
    """How far each row's neighbours lie apart, summed over the columns; infinite at the ends."""
    distance = np.zeros(len(table))
    for column in table.T:
        order = np.argsort(column, kind="stable")
        values = column[order]
        if values[-1] > values[0]:
            distance[order[1:-1]] += (values[2:] - values[:-2]) / (values[-1] - values[0])
        distance[order[[0, -1]]] = np.inf
    return distance
