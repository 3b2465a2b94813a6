"""Regularized evolution: the best of a few of the youngest trials, with one decision changed.

Source: arXiv:1802.01548, algorithm 1; there 100 are alive and 25 compete, here 16 and 4, as a
default search of two minutes trains a few dozen candidates.
"""

from __future__ import annotations

import numpy as np
from optuna.study import Study
from optuna.trial import FrozenTrial

from nas.errors import UsageError
from nas.search.candidates import Candidates, Point
from nas.search.front import dominates
from nas.search.rungs import learned
from nas.search.samplers._base import SpaceSampler, gains

POPULATION = 16  # the youngest complete trials; older ones die, however good
SAMPLE = 4  # of them, drawn at random; the best becomes the parent


class Sampler(SpaceSampler):
    """Draws at random until as many trials are complete as are alive at a time (`population`), then
    mutates the winner of a tournament of `sample`.

    Raises `UsageError` unless 1 <= sample <= population.
    """

    def __init__(
        self,
        candidates: Candidates,
        seed: int,
        *,
        population: int = POPULATION,
        sample: int = SAMPLE,
    ) -> None:
        if not 1 <= sample <= population:
            raise UsageError(
                f"sampler evolution: sample={sample} of population={population}: "
                "1 <= sample <= population must hold"
            )
        super().__init__(candidates, seed)
        self.population = population
        self.sample = sample

    def draw(self, study: Study, rng: np.random.Generator) -> Point:
        """A feasible new mutant of a good young trial."""
        space = self.candidates.space
        alive = learned(study, self.population)[-self.population :]
        if len(alive) < self.population:
            return self.candidates.first(lambda: space.sample(rng))

        def mutant() -> Point:
            rivals = [alive[i] for i in rng.choice(self.population, self.sample, replace=False)]
            return space.mutate(_winner(study, rivals).params, rng)

        return self.candidates.first(mutant)


def _winner(study: Study, rivals: list[FrozenTrial]) -> FrozenTrial:
    """The first rival that no other dominates: of one objective, the best."""
    own = [gains(study, rival) for rival in rivals]
    return next(
        rival
        for rival, mine in zip(rivals, own, strict=True)
        if not any(dominates(other, mine) for other in own)
    )
