"""Repeats: every candidate is trained with several seeds, the same for all, and judged by the mean.

They stand where rungs do: the training with the r-th seed is the result at rung r, and every
candidate is promoted. Its attribute `rung.<r>` holds the means over the seeds so far as "figures",
as samplers are to learn from them, that seed's own as "own", and the seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nas.errors import UsageError
from nas.search.rungs import Climb


@dataclass(frozen=True, slots=True)
class Repeats:
    """How many `seeds`; `breadth` begins with all candidates before any is repeated, as a grid
    does; otherwise each is finished first, so that what is drawn next can learn from it.

    Raises `UsageError` for fewer than 1.
    """

    seeds: int
    breadth: bool = False

    def __post_init__(self) -> None:
        if self.seeds < 1:
            raise UsageError(f"--seeds {self.seeds}: must be at least 1; 3 give an interval")

    @property
    def top(self) -> int:
        """The number of the last seed, from 0."""
        return self.seeds - 1

    def span(self, _: int) -> tuple[int | None, int | None]:
        """Each training takes the evaluator's own number of epochs."""
        return None, None

    def promoted(
        self,
        climbs: Mapping[int, Climb],
        *,
        begins: bool,
        busy: bool,
        drawn: Sequence[int] = (),
    ) -> int | None:
        """The trial (a key of `climbs`) to be trained with its next seed, or None: of those with
        the fewest seeds the first."""
        if self.breadth and begins:
            return None
        waiting = [(climb.sent, number) for number, climb in climbs.items() if climb.waits]
        return min(waiting)[1] if waiting else None

    def seed(self, seed: int, rung: int) -> int:
        """The seed of every candidate's training at a rung, in a run of this `seed`."""
        return int(np.random.SeedSequence([seed, rung, 3]).generate_state(1)[0])


def mean(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The means of the figures that all have."""
    names = [name for name in figures[0] if all(name in each for each in figures)]
    return {name: sum(each[name] for each in figures) / len(figures) for name in names}
