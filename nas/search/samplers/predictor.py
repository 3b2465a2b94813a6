"""Predictor-guided search: a Gaussian process over a candidate's structure says which mutant to
train next.

Source: BANANAS, arXiv:1910.11858 (path encoding, mutants of the best, duplicates removed), with a
Gaussian process as in arXiv:2006.07556 instead of an ensemble, and expected improvement. Several
objectives: each proposal weighs them anew at random (ParEGO, doi:10.1109/TEVC.2005.851274). Trials
that are running count as if they gave what is predicted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState
from scipy.stats import rankdata

from nas.search.candidates import Candidate, Candidates, Point
from nas.search.front import Front
from nas.search.rungs import learned
from nas.search.samplers._base import SpaceSampler, gains
from nas.search.samplers._features import Features
from nas.search.samplers._several import (
    Predicted,
    hypervolume_improvement,
    positions,
    single,
    weighed_improvement,
)
from nas.search.surrogate import Surrogate, expected_improvement, ranked

FIRST = 8  # trials at random before anything is predicted
ENOUGH = 24  # trials at a rung, to learn from it rather than from the one below
PARENTS = 5  # the best ones, whose mutants are proposed
MUTANTS = 24  # of each parent
FURTHER = 40  # mutants of mutants
STRANGERS = 20  # candidates at random
SHORT = 8  # of all these, the best without scores, which are scored where that is asked for

Matrix = NDArray[np.float64]


class Sampler(SpaceSampler):
    """Draws at random until 8 trials are complete, then what promises the largest improvement."""

    def __init__(self, candidates: Candidates, seed: int) -> None:
        super().__init__(candidates, seed)
        self._features = Features(candidates.space)

    def draw(self, study: Study, rng: np.random.Generator) -> Point:
        """The feasible new candidate of the largest expected improvement."""
        space = self.candidates.space
        done = learned(study, ENOUGH)
        if len(done) < FIRST:
            return self.candidates.first(lambda: space.sample(rng))
        table = np.array([gains(study, trial) for trial in done])
        if table.shape[1] == 1:
            weights, values = np.ones(1), ranked(table[:, 0])
        else:
            weights = rng.dirichlet(np.ones(table.shape[1]))
            values = single(rankdata(table, axis=0) / len(table), weights)
        running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        counted = {trial.number for trial in done}
        pending = [trial for trial in running if trial.params and trial.number not in counted]
        known = [self.candidates.at(trial.params) for trial in (*done, *pending)]
        pool = list(self._pool(done, values, rng))
        worth = partial(self._worth, study, known, table, weights)
        best = self._best(worth(pool, self._features.of), pool)
        if self.candidates.scores is not None:
            short = list(islice(best, SHORT))
            best = self._best(worth(short, self._kinds), short)
        chosen = next(best, None)
        if chosen is None:
            return self.candidates.first(lambda: space.sample(rng))
        return chosen.point

    def _worth(
        self,
        study: Study,
        known: Sequence[Candidate],
        table: Matrix,
        weights: Matrix,
        among: Sequence[Candidate],
        features: Callable[[Sequence[Candidate]], list[Matrix]],
    ) -> Matrix:
        """What each candidate among some is expected to gain, by those that are known: the first of
        them have a row of gains in the table, the others are running."""
        if not among:
            return np.zeros(0)
        kinds, at = features([*known, *among]), len(known)
        old, new = [kind[:at] for kind in kinds], [kind[at:] for kind in kinds]
        if len(weights) == 1:
            values = ranked(table[:, 0])
            mean, deviation = self._surrogate(old, values).predict(new)
            return expected_improvement(mean, deviation, float(values.max()))
        predicted: list[Predicted | None] = []
        exact = np.zeros((at + len(among), len(weights)))
        for axis, direction in enumerate(study.directions):
            figure = self.figure(axis)
            if figure is None:
                surrogate = self._surrogate(old, ranked(table[:, axis]))
                own, future = surrogate.mean(old), surrogate.predict(new)
                predicted.append(Predicted(table[:, axis], own, *future))
            else:
                sign = 1 if direction == StudyDirection.MAXIMIZE else -1
                exact[:, axis] = [sign * each.card.figure(figure) for each in (*known, *among)]
                predicted.append(None)
        here, there = positions(predicted, exact, at)
        if len(weights) == 2:
            return hypervolume_improvement(here, there)
        return weighed_improvement(here, there, weights)

    def _surrogate(self, kinds: Sequence[Matrix], values: Matrix) -> Surrogate:
        """Fitted to what is known: of those that are running, as if they gave what the others
        predict of them."""
        at = len(values)
        if len(kinds[0]) > at:
            guessed = Surrogate.fit([kind[:at] for kind in kinds], values)
            values = np.concatenate([values, guessed.mean([kind[at:] for kind in kinds])])
        return Surrogate.fit(kinds, values)

    def _best(self, worth: Matrix, among: Sequence[Candidate]) -> Iterator[Candidate]:
        """Those that are new, from the best on."""
        for index in np.argsort(-worth, kind="stable"):
            if among[int(index)].card.hash not in self.candidates.seen:
                yield among[int(index)]

    def _kinds(self, candidates: Sequence[Candidate]) -> list[Matrix]:
        """All features, with scores where there are any."""
        if self.candidates.scores is None:
            return self._features.of(candidates)
        return self._features.scored(candidates, self.candidates.scores)

    def believed(self, study: Study) -> tuple[int, ...]:
        """The complete trials that no other dominates in the predicted means of what is measured,
        and in what is counted: what was lucky once counts for less.

        None while all trials were drawn at random.
        """
        done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        known = learned(study, ENOUGH)
        if not done or len(known) < FIRST:
            return ()
        kinds = self._kinds([self.candidates.at(trial.params) for trial in (*known, *done)])
        seen = np.array([gains(study, trial) for trial in known])
        own = np.array([gains(study, trial) for trial in done])
        for axis in range(own.shape[1]):
            if self.figure(axis) is None:
                values = ranked(seen[:, axis])
                surrogate = Surrogate.fit([kind[: len(known)] for kind in kinds], values)
                own[:, axis] = surrogate.mean([kind[len(known) :] for kind in kinds])
        front: Front[int] = Front()
        for trial, predicted in zip(done, own.tolist(), strict=True):
            front.add(tuple(predicted), trial.number)
        return front.members

    def _pool(
        self, done: Sequence[FrozenTrial], values: Matrix, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Feasible candidates near the best trials, and some from anywhere; each once."""
        space = self.candidates.space
        parents = [done[i].params for i in np.argsort(-values, kind="stable")[:PARENTS]]
        near = [space.mutate(parent, rng) for parent in parents for _ in range(MUTANTS)]
        further = [space.mutate(near[int(rng.integers(len(near)))], rng) for _ in range(FURTHER)]
        strange = [space.sample(rng) for _ in range(STRANGERS)]
        points = {frozenset(point.items()): point for point in (*near, *further, *strange)}
        for point in points.values():
            candidate = self.candidates.at(point)
            if candidate.excess <= 1:
                yield candidate
