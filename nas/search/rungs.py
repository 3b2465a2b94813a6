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
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from nas.errors import UsageError
from nas.search.front import Gains
from nas.search.kept import results
from nas.search.ranking import Ranking

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

    def promoted(
        self, climbs: Climbs, *, begins: bool, busy: bool, drawn: Sequence[int] = ()
    ) -> int | None:
        """As `promote`, which closes once no candidate `begins` and none is in training."""
        return promote(climbs, self, closing=not begins and not busy)


WHOLE = Rungs()


@dataclass(frozen=True, slots=True)
class Climb:
    """How far a trial has come: its gains at each rung so far, and the rung it was last sent to."""

    gains: tuple[Gains, ...] = ()
    sent: int = 0
    ended: bool = False  # complete, failed or pruned
    random: bool = False  # drawn by a screening to be trained, not by the sampler

    @property
    def waits(self) -> bool:
        """Whether it has its result and may be promoted."""
        return not self.ended and len(self.gains) > self.sent


class Climbs(MutableMapping[int, Climb]):
    """How far each trial has come; the order at each rung is kept as results come.

    A trial that has climbed further takes the place of what it was; none is taken out.
    """

    def __init__(self, climbs: Mapping[int, Climb] | None = None) -> None:
        self._climbs: dict[int, Climb] = {}
        self._rankings: list[Ranking] = []  # of the sampler's that have a result, by rung
        self._waiting: list[set[int]] = []  # that may be promoted, by rung
        self.update(climbs or {})

    def __getitem__(self, number: int) -> Climb:
        return self._climbs[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._climbs)

    def __len__(self) -> int:
        return len(self._climbs)

    def __setitem__(self, number: int, climb: Climb) -> None:
        was = self._climbs.get(number, Climb())
        self._climbs[number] = climb
        while len(self._rankings) < len(climb.gains):
            self._rankings.append(Ranking())
            self._waiting.append(set())
        if not climb.random:
            for rung in range(len(was.gains), len(climb.gains)):
                self._rankings[rung].add(number, climb.gains[rung])
        if was.waits:
            self._waiting[was.sent].discard(number)
        if climb.waits:
            self._waiting[climb.sent].add(number)

    def __delitem__(self, number: int) -> None:
        raise TypeError("a trial that began stays")

    def at(self, rung: int) -> int:
        """How many trials that the sampler drew have a result at `rung`."""
        return len(self._rankings[rung]) if rung < len(self._rankings) else 0

    def ranked(self, rung: int) -> Iterator[int]:
        """The trials that the sampler drew and that have a result at `rung`, from the best on."""
        return iter(self._rankings[rung] if rung < len(self._rankings) else ())

    def best_waiting(self, rung: int, first: int) -> int | None:
        """The best at `rung` that may be promoted, if it is one of the `first` of all there."""
        return self._rankings[rung].best(self._waiting[rung], first) if self.at(rung) else None


def promote(climbs: Climbs, rungs: Rungs, *, closing: bool = False) -> int | None:
    """The trial (a key of `climbs`) to be trained on to its next rung, or None.

    Those at a rung are all that have a result there, wherever they are now; the best 1/eta of them
    (rounded down) go on, the highest rung first and in it the best. `closing`, as no candidate is
    to come: also the best at a rung from which none has got a result at the next.
    """
    for rung in reversed(range(rungs.top)):
        found = climbs.best_waiting(rung, climbs.at(rung) // rungs.eta)
        if found is None and closing and not climbs.at(rung + 1):
            found = climbs.best_waiting(rung, climbs.at(rung))
        if found is not None:
            return found
    return None


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
