"""Random search: every feasible new candidate with equal chance, by rejection."""

from __future__ import annotations

import numpy as np
from optuna.study import Study

from nas.search.candidates import Point
from nas.search.samplers._base import SpaceSampler


class Sampler(SpaceSampler):
    """Draws uniformly from the space until a draw is within the limits and new."""

    def draw(self, study: Study, rng: np.random.Generator) -> Point:
        """A feasible new point at random."""
        return self.candidates.first(lambda: self.candidates.space.sample(rng))
