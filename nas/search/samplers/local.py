"""Local search: from where it stands to any better neighbour; where there is none, anew from a
random candidate.

Source: arXiv:2005.02960. Where it stands is read off the record, so a resumed search goes on.
"""

from __future__ import annotations

import numpy as np
from optuna.study import Study
from optuna.trial import FrozenTrial

from nas.search.candidates import Point
from nas.search.front import dominates
from nas.search.rungs import learned
from nas.search.samplers._base import SpaceSampler, gains

MANY = 1 << 30  # of several rungs the one with most trials: the walk needs all of its steps


class Sampler(SpaceSampler):
    """Draws a new neighbour of the best trial since the last restart."""

    def draw(self, study: Study, rng: np.random.Generator) -> Point:
        """A feasible new neighbour, or a feasible new point at random."""
        here: FrozenTrial | None = None
        for trial in learned(study, MANY):
            if (
                here is None
                or not _adjacent(here, trial)
                or dominates(gains(study, trial), gains(study, here))
            ):
                here = trial
        if here is not None:
            around = list(self.candidates.space.neighbours(here.params))
            for index in rng.permutation(len(around)):
                candidate = self.candidates.at(around[index])
                if candidate.excess <= 1 and candidate.card.hash not in self.candidates.seen:
                    return candidate.point
        return self.candidates.first(lambda: self.candidates.space.sample(rng))


def _adjacent(a: FrozenTrial, b: FrozenTrial) -> bool:
    """Whether one decision that both have differs, and no more."""
    shared = a.params.keys() & b.params.keys()
    return sum(bool(a.params[key] != b.params[key]) for key in shared) == 1
