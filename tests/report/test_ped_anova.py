"""PED-ANOVA against Optuna's."""

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

from nas.report.ped_anova import UNMADE, importances

OPTIONS = (2, 3, 5, 2)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("count", [20, 137])
def test_it_is_what_optuna_says(seed: int, count: int) -> None:
    """Of four decisions, the last is made only where the first took its first option."""
    rng = np.random.default_rng(seed)
    codes = [rng.integers(options, size=count) for options in OPTIONS]
    codes[3][codes[0] == 1] = UNMADE
    gains = (codes[1] + codes[3] * 0.5 + rng.normal(size=count)).round(1)  # with ties
    study = optuna.create_study(direction="maximize")
    distributions = {f"d{i}": CategoricalDistribution(range(k)) for i, k in enumerate(OPTIONS)}
    for at in range(count):
        params = {f"d{i}": int(each[at]) for i, each in enumerate(codes) if each[at] != UNMADE}
        own = {key: distributions[key] for key in params}
        study.add_trial(
            optuna.trial.create_trial(params=params, distributions=own, value=float(gains[at]))
        )
    found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    total = sum(found.values())
    expected = [found[f"d{i}"] / total for i in range(len(OPTIONS))]
    assert importances(codes, OPTIONS, gains) == pytest.approx(expected, rel=1e-9)


def test_equal_results_tell_nothing() -> None:
    codes = [np.arange(40) % 2]
    assert importances(codes, (2,), np.ones(40)).tolist() == [0.0]
