"""Tune's population-based training, as far as it decides who gives way to whom.

Source: arXiv:1711.09846. Imported only where Ray is.
"""

from __future__ import annotations

import random
from typing import Any

from ray.tune.schedulers import PopulationBasedTraining
from ray.tune.schedulers.pbt import _PBTTrialState

from nas.execute import ray_tune

LOOKS = 4  # at a trial, during a whole training


class Population(PopulationBasedTraining):  # type: ignore[misc]
    """Tune decides, every few epochs, whether a trial of the worst quarter gives way to one of the
    best quarter; what follows is another than Tune's.

    Tune would copy the better one's weights and settings into the trial, which went on. A trial of
    ours is one genotype, so it is stopped, and the driver is told for whom, by the bridge called
    `name`.
    """

    def __init__(self, name: str, epochs: int) -> None:
        super().__init__(
            time_attr="epoch",
            metric="accuracy",
            mode="max",
            perturbation_interval=max(1, epochs // LOOKS),
            custom_explore_fn=dict,  # never asked, but Tune wants one
        )
        self._name = name
        self._given_way: set[str] = set()

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        """Take a trial into the population. Tune refuses one that a searcher suggested, as it
        would change what was suggested; here nothing is changed."""
        self._trial_state[trial] = _PBTTrialState(trial)

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Whether the trial goes on, waits for others, or stops as it gives way."""
        decision = str(super().on_trial_result(tune_controller, trial, result))
        if trial.trial_id not in self._given_way:
            return decision
        self._given_way.remove(trial.trial_id)
        return str(self.STOP)

    def _checkpoint_or_exploit(
        self,
        trial: Any,
        tune_controller: Any,
        upper_quantile: list[Any],
        lower_quantile: list[Any],
    ) -> None:
        if trial not in lower_quantile:
            return  # its weights lie in its folder, whoever may want them
        better = random.choice(upper_quantile)
        score = self._trial_state[trial].last_score
        if self._trial_state[better].last_score > score:
            bridge = ray_tune._BRIDGES[self._name]
            bridge.better[trial.trial_id] = bridge.held[better.trial_id].number
            self._given_way.add(trial.trial_id)
