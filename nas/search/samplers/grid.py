"""Grid: every candidate of the space in its order, until none is left."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from optuna.study import Study

from nas.search.candidates import Candidates, Point
from nas.search.samplers._base import SpaceSampler


class Sampler(SpaceSampler):
    """Draws the first point of the space that is within the limits and new."""

    def __init__(self, candidates: Candidates, seed: int) -> None:
        super().__init__(candidates, seed)
        self._points: Iterator[Point] = candidates.space.points()
        self._next: Point | None = None

    @property
    def left(self) -> bool:
        """Whether a point is left; what was passed over once stays known, or outside the limits."""
        while self._next is None or not self.candidates.new(self.candidates.at(self._next)):
            try:
                self._next = next(self._points)
            except StopIteration:
                return False
        return True

    def draw(self, study: Study, rng: np.random.Generator) -> Point:
        """The next point; where none is left the last, which is then refused as known."""
        assert self.left or self._next is not None
        return self._next or {}
