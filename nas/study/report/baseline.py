"""The random search beside a run: from candidates of the run itself that were drawn at random, or
none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

import numpy as np

from nas.report.agreement import expected_best
from nas.report.figures.incumbent import Baseline, Chance
from nas.report.trust import Trust
from nas.search.course import RANDOM
from nas.study.report.told import Told

SOURCE = "arXiv:1909.03004, equation 8"
DRAWS = 60  # numbers of candidates drawn in the figure
TAIL = 0.05  # of the searches that the interval leaves out, on either side
LEAST = 2  # candidates


def baseline(told: Told, trust: Trust | None) -> Baseline:
    """What a random search is to be expected to reach, as far as the run can tell."""
    goal, training = told.study.goal, told.study.training
    if told.study.evaluation.cheap:
        return _screened(told, trust)
    if training.rungs is not None:
        return Baseline(
            "There is no random baseline: at the upper rungs stand only candidates that were "
            "chosen for having done well below."
        )
    if goal.warm_start is not None:
        return Baseline("There is no random baseline: the sampler began with what it knew already.")
    if goal.around:
        return Baseline(
            "There is no random baseline: the first candidates are a known network and what is "
            "near it."
        )
    blind = _blind(goal.sampler)
    if not blind:
        return Baseline(
            f"There is no random baseline: the sampler {goal.sampler} draws nothing at random."
        )
    asked = told.journal.asked
    drawn = [
        (moment, each)
        for moment, each in told.finished
        if each.rung == told.rung and asked[each.number] < blind
    ]
    if len(drawn) < LEAST:
        return Baseline(
            f"There is no random baseline yet: {len(drawn)} of the candidates that were drawn at "
            f"random gave a result, and {LEAST} are needed."
        )
    gains = [told.gain(each) for _, each in drawn]
    chances = _chances(told, gains, [moment for moment, _ in drawn])
    if math.isinf(blind):
        return Baseline(
            "All candidates were drawn at random; the dashed line is what the best of so many of "
            f"them is to be expected to be ({SOURCE}).",
            chances,
        )
    return Baseline(
        f"The dashed line is what the best of so many random candidates is to be expected to be "
        f"({SOURCE}), from the first {len(drawn)}, which the sampler drew at random; of more than "
        "these the run says nothing.",
        chances,
    )


def _screened(told: Told, trust: Trust | None) -> Baseline:
    """Of the candidates that were trained whatever the cheap evaluator said of them."""
    by = told.study.evaluation.by
    if trust is None or not told.rung:
        return Baseline("There is no random baseline: no candidate drawn at random was trained.")
    drawn = {trial.number for trial in told.journal.trials if trial.held.get(RANDOM)}
    drawn |= {each.trial for each in trust.random}
    results = [each for _, each in told.finished if each.rung and each.number in drawn]
    if len(results) < LEAST:
        return Baseline(
            f"There is no random baseline: {len(results)} candidates drawn at random were "
            f"trained, and {LEAST} are needed."
        )
    pace = median(each.seconds for each in trust.random) / told.parallel if trust.random else 0.0
    return Baseline(
        f"The dashed line is what the best of so many random candidates, trained without asking "
        f"{by}, is to be expected to be ({SOURCE}); it is from the {len(results)} that this run "
        "trained for the comparison.",
        _chances(
            told,
            [told.gain(each) for each in results],
            [pace * draws for draws in range(1, len(results) + 1)],
        ),
    )


def _blind(sampler: str) -> float:
    """How many results a sampler has before it stops drawing at random; 0 if it never does."""
    name, _, given = sampler.partition(":")
    if name == "random":
        return math.inf
    if name == "predictor":
        from nas.search.samplers import predictor

        return predictor.FIRST
    if name == "evolution":
        from nas.search.samplers import evolution

        settings = dict(part.split("=", 1) for part in given.split(",") if "=" in part)
        return int(settings.get("population", evolution.POPULATION))
    if name in ("tpe", "nsga2", "nsga3", "gp"):
        from nas.search.samplers import _optuna

        return _optuna.FIRST
    return 0


def _chances(told: Told, gains: Sequence[float], after: Sequence[float]) -> tuple[Chance, ...]:
    """What the best of so many draws may be, `after` so many seconds."""
    ordered, count = sorted(gains), len(gains)
    sign = 1.0 if told.larger else -1.0
    numbers = sorted({round(n) for n in np.geomspace(1, count, DRAWS)})
    rows = []
    for draws in numbers:
        low, high = (ordered[_rank(tail, draws, count) - 1] for tail in (TAIL, 1 - TAIL))
        ends = sorted((sign * low, sign * high))
        expected = sign * expected_best(ordered, draws)
        rows.append(Chance(draws, round(after[draws - 1], 3), expected, *ends))
    return tuple(rows)


def _rank(share: float, draws: int, count: int) -> int:
    """The rank, from 1, that the best of so many draws stays within in a share of searches."""
    return min(count, max(1, math.ceil(count * math.pow(share, 1 / draws) - 1e-9)))
