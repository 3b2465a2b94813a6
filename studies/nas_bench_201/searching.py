"""A search without a record: a sampler asked and told in memory, by one worker or several."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import optuna

from nas.search.candidates import Candidate
from nas.search.samplers._base import SpaceSampler

Evaluate = Callable[[Candidate, int], Sequence[float]]  # (candidate, query) -> what the search sees


def queries(
    sampler: SpaceSampler,
    evaluate: Evaluate,
    directions: Sequence[str] = ("maximize",),
    workers: int = 1,
    repeats: bool = False,
) -> Iterator[tuple[optuna.Study, dict[int, Candidate], int]]:
    """Yield (study, candidates by trial, the trial) as each trial finishes, for ever.

    With several workers each trial takes from half to one and a half units of simulated time, and
    the next is asked as soon as one finishes. `repeats` lets a network be drawn again.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(directions=list(directions), sampler=sampler)
    asked: dict[int, Candidate] = {}
    running: list[tuple[float, int]] = []
    clock, durations = 0.0, np.random.default_rng([sampler.seed, workers])
    while True:
        while len(running) < workers:
            number, candidate = _ask(study, sampler)
            if not repeats:
                sampler.candidates.seen[candidate.card.hash] = number
            asked[number] = candidate
            heapq.heappush(running, (clock + durations.uniform(0.5, 1.5), number))
        clock, number = heapq.heappop(running)
        study.tell(number, list(evaluate(asked[number], number)))
        yield study, asked, number


def _ask(study: optuna.Study, sampler: SpaceSampler) -> tuple[int, Candidate]:
    """The next trial that can be built, and its candidate."""
    among = sampler.candidates
    options = {decision.key: decision.options for decision in among.space.decisions}
    while True:
        trial = study.ask()
        point = trial.relative_params
        for key in point:
            trial.suggest_categorical(key, options[key])
        candidate = among.at(point)
        if candidate.excess <= 1:
            return trial.number, candidate
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
