"""The importance of decisions, by Optuna's PED-ANOVA, with intervals from resampling.

Source: arXiv:2304.10255; decisions that are made only where another one asks for them:
arXiv:2601.20800.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING

import numpy as np

from nas.report.figures.importance import Importance
from nas.search.standing import Finished
from nas.study.report.told import Told

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

LEAST = 20  # candidates: two are the best tenth
RESAMPLED = 30  # times
MOST = 1000  # candidates in each resampling, so that ten thousand don't take a minute
SPAN = (5, 95)  # percentiles


def ranked(told: Told) -> list[Finished]:
    """The results that decisions are judged by: at the highest level that has enough of them, else
    at the one with most."""
    levels: dict[int, list[Finished]] = {}
    for _, each in told.finished:
        levels.setdefault(each.rung, []).append(each)
    for rung in sorted(levels, reverse=True):
        if len(levels[rung]) >= LEAST:
            return levels[rung]
    return max(levels.values(), key=len, default=[])


def importances(told: Told, results: Sequence[Finished]) -> tuple[Importance, ...]:
    """How much each decision tells the best tenth of the results from the rest."""
    trials = _trials(told, results)
    whole = _evaluate(trials)
    if not whole or not sum(whole.values()):
        return ()
    rng = np.random.default_rng(0)
    size = min(MOST, len(trials))
    drawn: dict[str, list[float]] = {name: [] for name in whole}
    chance: dict[str, list[float]] = {name: [] for name in whole}
    for _ in range(RESAMPLED):
        some = [trials[int(i)] for i in rng.integers(len(trials), size=size)]
        for kept, found in ((drawn, _evaluate(some)), (chance, _evaluate(_shuffled(some, rng)))):
            for name, values in kept.items():
                values.append(found.get(name, 0.0))
    made = {name: sum(name in trial.params for trial in trials) for name in whole}
    rows = []
    for name, value in whole.items():
        low, high = map(float, np.percentile(drawn[name], SPAN))
        by_chance = float(np.percentile(chance[name], SPAN[1]))
        conditional = made[name] < len(trials)
        ends = min(low, value), max(high, value)
        rows.append(Importance(name, value, *ends, by_chance, made[name], conditional))
    return tuple(rows)


def _shuffled(trials: Sequence[FrozenTrial], rng: np.random.Generator) -> list[FrozenTrial]:
    """The same candidates, their results dealt out anew."""
    dealt = []
    for trial, other in zip(trials, rng.permutation(len(trials)), strict=True):
        one = copy(trial)
        one.value = trials[int(other)].value
        dealt.append(one)
    return dealt


def _evaluate(trials: Sequence[FrozenTrial]) -> Mapping[str, float]:
    """Shares of the importance; {} where the trials can't tell."""
    from optuna.importance import PedAnovaImportanceEvaluator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of decisions that few trials made; the interval shows it
        found = PedAnovaImportanceEvaluator().evaluate(_study(trials))
    total = sum(found.values())
    return {name: value / total for name, value in found.items()} if total else {}


def _study(trials: Sequence[FrozenTrial]) -> Study:
    """A study that consists of these trials; Optuna would copy each of them twice."""
    from optuna import create_study, logging
    from optuna.study import Study as Whole

    logging.set_verbosity(logging.WARNING)

    class Held(Whole):
        def __init__(self) -> None:
            self.__dict__.update(create_study(direction="maximize").__dict__)

        def get_trials(self, deepcopy: bool = True, states: object = None) -> list[FrozenTrial]:
            return list(trials)

    return Held()


def _trials(told: Told, results: Sequence[Finished]) -> list[FrozenTrial]:
    from datetime import datetime

    from optuna.distributions import BaseDistribution, CategoricalDistribution
    from optuna.trial import FrozenTrial, TrialState

    known: dict[str, BaseDistribution] = {
        key: CategoricalDistribution(options)
        for key, options in told.journal.options.items()
        if len(options) > 1
    }
    moment = datetime.fromtimestamp(0)
    made = []
    for number, each in enumerate(results):
        point = {k: v for k, v in told.journal.points[each.number].items() if k in known}
        made.append(
            FrozenTrial(
                number=number,
                trial_id=number,
                state=TrialState.COMPLETE,
                value=told.gain(each),
                datetime_start=moment,
                datetime_complete=moment,
                params=point,
                distributions={key: known[key] for key in point},
                user_attrs={},
                system_attrs={},
                intermediate_values={},
            )
        )
    return made
