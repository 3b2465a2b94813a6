"""What all samplers share: a whole feasible point per trial, from the trial's own generator."""

from __future__ import annotations

import abc
import zlib
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial

from nas.search.candidates import Candidates, Point
from nas.search.front import Gains


def gains(study: Study, trial: FrozenTrial) -> Gains:
    """A complete trial's values with the sign by which larger is better."""
    return tuple(
        value if direction == StudyDirection.MAXIMIZE else -value
        for value, direction in zip(trial.values, study.directions, strict=True)
    )


class SpaceSampler(BaseSampler):
    """Draws points of a space that are within the limits and new.

    The generator is made anew for each trial from the seed and the trial's number, so a resumed
    search goes on as the uninterrupted one would have. Subclasses say in `draw` what they draw.
    `counted` says of each objective which of a card's figures it is, None of one that is measured.
    """

    def __init__(self, candidates: Candidates, seed: int) -> None:
        self.candidates = candidates
        self.seed = seed
        self.counted: tuple[str | None, ...] = ()
        self.distributions: dict[str, BaseDistribution] = {
            each.key: CategoricalDistribution(each.options) for each in candidates.space.decisions
        }

    @property
    def left(self) -> bool:
        """Whether there may be something left to draw."""
        return True

    def figure(self, axis: int) -> str | None:
        """Which of a card's figures an objective is, None if it is measured."""
        return self.counted[axis] if axis < len(self.counted) else None

    @abc.abstractmethod
    def draw(self, study: Study, rng: np.random.Generator) -> Point:
        """The next point.

        What to learn from is `nas.search.rungs.learned(study)`: of a search without rungs, the
        complete trials.
        """

    def believed(self, study: Study) -> tuple[int, ...]:
        """The numbers of the complete trials that are the front by what the sampler has learnt of
        all of them, the best in the first objective first; none where it predicts nothing."""
        return ()

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """All decisions of the space; a drawn point has the active ones only."""
        return self.distributions

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The trial's point, as Optuna's parameters."""
        return dict(self.draw(study, np.random.default_rng([self.seed, trial.number])))

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """An option at random, for a decision that is not active in the trial's point."""
        assert isinstance(param_distribution, CategoricalDistribution)
        key = zlib.crc32(param_name.encode())
        rng = np.random.default_rng([self.seed, trial.number, key])
        return param_distribution.choices[rng.integers(len(param_distribution.choices))]
