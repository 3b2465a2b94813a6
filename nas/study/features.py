"""Features: the zero-cost scores that a study's sampler learns from."""

from __future__ import annotations

from nas.data import load
from nas.errors import UsageError
from nas.search.scores import Scores
from nas.study.settings import Goal

PREDICTOR = "predictor"  # the sampler that learns from scores
LOOKED_AT = 32  # images, for a score that is a feature: half of those for a score that decides


def scores(goal: Goal) -> Scores | None:
    """What scores the candidates that the sampler looks at closely, if it is to know scores.

    Raises `UsageError` for unknown proxies and for a sampler that predicts nothing, `DataError`
    where the data set's files are missing.
    """
    if goal.features is None:
        return None
    from nas.evaluate.cheap.zero_cost import ZeroCostEvaluator
    from nas.evaluate.zero_cost import proxy

    option = f"--features {','.join(goal.features)}"
    if goal.sampler != PREDICTOR:
        raise UsageError(
            f"{option}: only the sampler {PREDICTOR} learns from scores, not {goal.sampler}"
        )
    if len(set(goal.features)) < len(goal.features):
        raise UsageError(f"{option}: name each proxy once")
    for name in goal.features:
        try:
            proxy(name)
        except UsageError as error:
            raise UsageError(f"{option}: {error}") from None
    load(goal.data).require()
    return Scores(
        {
            name: ZeroCostEvaluator(goal.data, name, goal.seed, images=LOOKED_AT).score
            for name in goal.features
        }
    )
