"""What is drawn at random in a screening, to be trained whatever its score.

The trials' numbers are noted in the journal as `drawn`, so that a resumed search goes on with them.
"""

from __future__ import annotations

import numpy as np

from nas.search.book import Book
from nas.search.candidates import Candidates, Point
from nas.search.rungs import Climbs
from nas.search.screening import failed

DRAWN = "drawn"  # what is noted
DRAWS = 100  # before nothing more is drawn, as all was


class Drawn:
    """The trials of a `book` that were drawn at random, in their order."""

    def __init__(self, book: Book, candidates: Candidates, seed: int) -> None:
        self.exhausted = False  # nothing is left to draw
        self._book = book
        self._candidates = candidates
        self._seed = seed
        self._numbers: list[int] = list(book.noted(DRAWN) or ())

    @property
    def numbers(self) -> tuple[int, ...]:
        """The trials' numbers."""
        return tuple(self._numbers)

    def failures(self, climbs: Climbs) -> dict[int, bool]:
        """Of each trial, whether it failed."""
        return {number: failed(climbs[number]) for number in self._numbers}

    def add(self, number: int) -> None:
        """Count a trial among them, in the journal."""
        self._numbers.append(number)
        self._book.note(DRAWN, self._numbers)

    def next(self, climbs: Climbs) -> Point | None:
        """Draw a candidate: its point, or None where it is a trial already, which then counts among
        these, or nothing is left."""
        seen = self._candidates.seen
        for attempt in range(DRAWS):
            rng = np.random.default_rng([self._seed, len(self._numbers), attempt, 2])
            found = self._candidates.at_random(rng)
            number = seen.get(found.card.hash)
            if number is None:
                return found.point
            if number not in self._numbers and not failed(climbs[number]):
                self.add(number)
                return None
        self.exhausted = True
        return None
