"""Optuna's own samplers over a space: asked anew for each trial, and led back into the feasible
part.

A sampler's generator would begin anew with each resume and repeat itself, so the sampler is made
for each trial from the seed and the trial's number.
"""

from __future__ import annotations

import abc
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from nas.search.candidates import Point
from nas.search.samplers._base import SpaceSampler

FIRST = 10  # trials at random before Optuna's sampler is asked


class OptunaSampler(SpaceSampler):
    """Draws what one of Optuna's samplers proposes, or what repairing that leads to."""

    @abc.abstractmethod
    def inner(self, seed: int) -> BaseSampler:
        """Optuna's sampler, made with a seed."""

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The trial's point, as Optuna's parameters."""
        space, rng = self.candidates.space, np.random.default_rng([self.seed, trial.number])
        done = len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
        if done < FIRST:
            return dict(self.candidates.first(lambda: space.sample(rng)))
        inner = self.inner(int(rng.integers(1 << 31)))
        shared = inner.infer_relative_search_space(study, trial)
        proposed = inner.sample_relative(study, trial, shared)
        for key, distribution in self.distributions.items():
            if key not in proposed:
                proposed[key] = inner.sample_independent(study, trial, key, distribution)
        here = self.candidates.at(space.active(proposed))
        if self.candidates.new(here):
            return dict(here.point)
        return dict(self.candidates.repaired(here.point, wander=False))

    def draw(self, study: Study, rng: np.random.Generator) -> Point:
        """Not asked: `sample_relative` needs the trial itself."""
        raise NotImplementedError
