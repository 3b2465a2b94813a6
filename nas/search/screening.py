"""Screening: a cheap evaluator scores all candidates, and only the survivors are trained.

Two rungs, as with successive halving: the score is the result at rung 0, the training that at rung
1. Half of the survivors are the best by score; the others are drawn at random from the space,
whatever their score: they are a random search to compare with, and show over the whole range how
far the score can be trusted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nas.errors import UsageError
from nas.search.rungs import Climb, Climbs

LEAST = 2


@dataclass(frozen=True, slots=True)
class Screening:
    """How many candidates are trained, at least; it takes the place of `Rungs` in a record.

    Raises `UsageError` for fewer than 2.
    """

    survivors: int

    def __post_init__(self) -> None:
        if self.survivors < LEAST:
            raise UsageError(
                f"--survivors {self.survivors}: must be at least {LEAST} (one best by score, one "
                "drawn at random), or 0 to train none"
            )

    @property
    def top(self) -> int:
        """The rung of those that are trained."""
        return 1

    @property
    def by_score(self) -> int:
        """How many are trained as the best by score."""
        return self.survivors // 2

    @property
    def at_random(self) -> int:
        """How many are trained as they were drawn at random."""
        return self.survivors - self.by_score

    def span(self, _: int) -> tuple[int | None, int | None]:
        """A training takes the evaluator's own number of epochs."""
        return None, None

    def promoted(
        self,
        climbs: Climbs,
        *,
        begins: bool,
        busy: bool,
        drawn: Sequence[int] = (),
    ) -> int | None:
        """The trial (a key of `climbs`) to be trained next, or None.

        First those that were `drawn` at random, once they are scored; after the last score, as no
        candidate `begins` any more, the best by it. One whose training fails makes room for the
        next.
        """
        for number in drawn:
            if climbs[number].waits and not climbs[number].sent:
                return number
        if begins or any(not climb.ended and not climb.gains for climb in climbs.values()):
            return None
        for number in self.best(climbs):
            if climbs[number].waits and not climbs[number].sent:
                return number
        return None

    def best(self, climbs: Climbs) -> list[int]:
        """The trials that are the best by score, of those that the sampler drew and that are
        trained or still can be."""
        usable = (number for number in climbs.ranked(0) if not failed(climbs[number]))
        return list(islice(usable, self.by_score))


def failed(climb: Climb) -> bool:
    """Whether a trial ended before it was trained: it failed, or was pruned."""
    return climb.ended and len(climb.gains) < 2


@dataclass(frozen=True, slots=True)
class Screened:
    """A trained candidate: its trial, whether it is among the best by score and whether it was
    drawn at random, the figures of its score and of its training, the seconds that the training
    took, and its gain in the main objective."""

    number: int
    chosen: bool
    random: bool
    scored: Mapping[str, Any]
    trained: Mapping[str, Any]
    seconds: float
    gain: float
