"""Optuna's own samplers over a space: asked anew for each trial, and led back into the feasible
part.

A sampler's generator would begin anew with each resume and repeat itself, so the sampler is made
for each trial from the seed and the trial's number.
"""

from __future__ import annotations

import abc
from collections.abc import Container, Iterable
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from nas.search.candidates import Point
from nas.search.rungs import learned
from nas.search.samplers._base import SpaceSampler

FIRST = 10  # trials at random before Optuna's sampler is asked


class _Learnt(Study):
    """A study as Optuna's samplers are to see it: complete are the trials that may be learnt from,
    with their values at a rung or by a cheap evaluator."""

    def __init__(self, study: Study, learnt: Iterable[FrozenTrial]) -> None:
        self.__dict__.update(study.__dict__)
        self._learnt = {trial.number: trial for trial in learnt}

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        held = super()._get_trials(deepcopy=False, use_cache=use_cache)
        trials = [self._learnt.get(trial.number, trial) for trial in held]
        if states is None:  # by number, as Optuna looks them up
            return trials
        return [
            trial
            for trial in trials
            if trial.state in states
            and (trial.state != TrialState.COMPLETE or trial.number in self._learnt)
        ]


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
        done = learned(study, FIRST)
        if len(done) < FIRST:
            return dict(self.candidates.first(lambda: space.sample(rng)))
        study = _Learnt(study, done)
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
