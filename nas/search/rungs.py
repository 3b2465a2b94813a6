"""Rungs: candidates are trained a little, and only the best at each rung go on to the next.

Source: asynchronous successive halving (ASHA, arXiv:1810.05934) for one objective; for several
(MO-ASHA, arXiv:2106.12639) the best are found by non-dominated sorting and crowding, as in NSGA-II
(doi:10.1109/4235.996017).

A result at rung r is the attribute `rung.<r>` of its Optuna trial: `{"values": [...], "figures":
{...}, "seconds": s}`. The trial stays RUNNING until it is complete (at the top), failed, or pruned
at the end of the search. What to promote follows from these attributes alone.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from nas.errors import UsageError
from nas.search.front import Gains
from nas.search.kept import results

ETA = 3


@dataclass(frozen=True, slots=True)
class Rungs:
    """`epochs` trained at each rung, the last being the whole training; of `eta` at a rung one goes
    on. Without epochs there is one rung, the evaluator's own training.

    Raises `UsageError` for epochs that don't increase, or `eta` below 2.
    """

    epochs: tuple[int, ...] = ()
    eta: int = ETA

    def __post_init__(self) -> None:
        text = ",".join(map(str, self.epochs))
        if self.epochs and (
            len(self.epochs) < 2
            or self.epochs[0] < 1
            or any(low >= high for low, high in pairwise(self.epochs))
        ):
            raise UsageError(
                f"--rungs {text}: the epochs must increase from rung to rung, at least two of "
                "them, such as 1,3,9"
            )
        if self.eta < 2:
            raise UsageError(f"--eta {self.eta}: must be at least 2")

    @property
    def top(self) -> int:
        """The number of the last rung, from 0."""
        return max(0, len(self.epochs) - 1)

    def span(self, rung: int) -> tuple[int | None, int | None]:
        """How many epochs are trained at `rung`, of how many in all; None without rungs."""
        return (self.epochs[rung], self.epochs[-1]) if self.epochs else (None, None)


WHOLE = Rungs()


@dataclass(frozen=True, slots=True)
class Climb:
    """How far a trial has come: its gains at each rung so far, and the rung it was last sent to."""

    gains: tuple[Gains, ...] = ()
    sent: int = 0
    ended: bool = False  # complete, failed or pruned

    @property
    def waits(self) -> bool:
        """Whether it has its result and may be promoted."""
        return not self.ended and len(self.gains) > self.sent


def promote(climbs: Mapping[int, Climb], rungs: Rungs, *, closing: bool = False) -> int | None:
    """The trial (a key of `climbs`) to be trained on to its next rung, or None.

    Those at a rung are all that have a result there, wherever they are now; the best 1/eta of them
    (rounded down) go on, the highest rung first and in it the best. `closing`, as no candidate is
    to come: also the best at a rung from which none has got a result at the next.
    """
    for rung in reversed(range(rungs.top)):
        here = {number: one.gains[rung] for number, one in climbs.items() if len(one.gains) > rung}
        order = ranked(here)
        for number in order[: len(here) // rungs.eta]:
            if climbs[number].waits and climbs[number].sent == rung:
                return number
        if closing and not any(len(climbs[number].gains) > rung + 1 for number in order):
            for number in order:
                if climbs[number].waits:
                    return number
    return None


def ranked(gains: Mapping[int, Gains]) -> list[int]:
    """The keys from best to worst; of equal ones the smaller is better.

    Several gains: by front, and within a front the most isolated first.
    """
    numbers = sorted(gains)
    if not numbers or len(gains[numbers[0]]) == 1:
        return sorted(numbers, key=lambda number: -gains[number][0])
    table = np.array([gains[number] for number in numbers])
    order: list[int] = []
    for front in _fronts(table):
        lonely = _crowding(table[front]).round(9)  # what is equal but for rounding is equal
        order += [numbers[front[i]] for i in np.argsort(-lonely, kind="stable")]
    return order


def _fronts(table: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Rows of `table` by front: no row is dominated by one of its own front or of a later one."""
    no_worse = np.ones((len(table), len(table)), bool)
    for column in table.T:
        no_worse &= column[:, None] >= column[None, :]
    dominates = no_worse & ~no_worse.T
    above = dominates.sum(0)
    fronts = []
    while (front := np.flatnonzero(above == 0)).size:
        fronts.append(front)
        above = above - dominates[front].sum(0)
        above[front] = -1
    return fronts


def _crowding(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each row's neighbours lie apart, summed over the columns; infinite at the ends."""
    distance = np.zeros(len(table))
    for column in table.T:
        order = np.argsort(column, kind="stable")
        values = column[order]
        if values[-1] > values[0]:
            distance[order[1:-1]] += (values[2:] - values[:-2]) / (values[-1] - values[0])
        distance[order[[0, -1]]] = np.inf
    return distance


def learned(study: Study, least: int = 1) -> list[FrozenTrial]:
    """What a sampler may learn from, by number, as complete trials with comparable values.

    Without rungs, the complete trials. With rungs, every trial that has a result at one rung, with
    its values there (whatever it did afterwards): the highest rung at which `least` trials have
    one, or the one with most.
    Source: BOHB, arXiv:1807.01774, section 3.2 (which models the largest budget seen often enough).
    """
    trials = study.get_trials(deepcopy=False)
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    levels: dict[int, list[FrozenTrial]] = {}
    for trial in trials:
        for rung, held in enumerate(results(trial.user_attrs)):
            levels.setdefault(rung, []).append(_told(trial, held["values"]))
    for top in {len(results(trial.user_attrs)) - 1 for trial in complete} & levels.keys():
        del levels[top]  # the complete ones themselves, and those taken from another run
    lower = [levels[rung] for rung in sorted(levels, reverse=True)]
    return max((complete, *lower), key=lambda level: min(len(level), least))


def _told(trial: FrozenTrial, values: list[float]) -> FrozenTrial:
    other = copy.copy(trial)
    other.state, other.values = TrialState.COMPLETE, values
    return other
