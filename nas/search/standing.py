"""The standing of a search: counts by outcome, the incumbent, the front, and whether it should end.

Kept as trials finish; nothing is recomputed from all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from nas.search.front import Front
from nas.search.objective import SCORE, Objective
from nas.trial import Kind

FAILURES = 20  # as many of one kind in a row end the search
GOOD = (Kind.COMPLETE, Kind.PRUNED)


@dataclass(frozen=True, slots=True)
class Finished:
    """A complete trial, or one that was trained to a rung: its objectives' values and its figures
    (accuracy, macs, params, ...)."""

    number: int
    genotype: str
    seed: int
    values: tuple[float, ...]
    figures: Mapping[str, float]
    rung: int = 0
    accumulate: int = 1  # parts that each step's batch was cut into
    reference: bool = False  # what the others are compared with; it can't be the best


class Standing:
    """How a search stands after the trials that were added, in the order of their numbers or not.

    `counts` has each trial once, and each time that one was lost with its driver; `seconds` is the
    time that trials took; `ended` says in a sentence why nothing more should be asked, or is empty:
    then `failures` of one kind came in a row, or nothing new is left (`spent`).
    """

    def __init__(self, objective: Objective, failures: int = FAILURES) -> None:
        self.counts: Counter[Kind] = Counter()
        self.retried = 0  # trials that ran out of memory and were tried again
        self.results = 0  # that trials gave, at a rung or whole
        self.trained = 0  # of them, those above the first rung
        self.rung = 0  # the highest that a trial has a result at
        self.incumbent: Finished | None = None  # the best at that rung
        self.latest: Finished | None = None  # the result that was added last
        self.seconds = 0.0
        self.ended = ""
        self.spent = False
        self._objective = objective
        self._failures = failures
        self._front: Front[Finished] = Front(objective.box)
        self._streak: list[tuple[Kind, str]] = []

    @property
    def good(self) -> int:
        """Trials that count towards a budget: complete or pruned."""
        return sum(self.counts[kind] for kind in GOOD)

    @property
    def front(self) -> tuple[Finished, ...]:
        """The undominated trials at the highest rung: in the objectives or, if there is one, in
        accuracy and MACs (or latency, where MnasNet's reward has a target for it)."""
        return self._front.members

    @property
    def hypervolume(self) -> float | None:
        """The part of the objective's box that the front dominates, 0 to 1; it never falls while
        the highest rung stays. None for one objective, without a reference, or of scores, which
        have no bounds."""
        bounded = self._objective.box is not None and len(self._objective.names) > 1
        if self.rung == 0 and SCORE in self._objective.names:
            bounded = False
        return self._front.hypervolume if bounded else None

    def add(self, kind: Kind, reason: str = "") -> None:
        """Count a trial that ended as `kind`; many failures of one kind in a row end the search."""
        self.counts[kind] += 1
        if kind in GOOD or (self._streak and self._streak[0][0] != kind):
            self._streak = []
        if kind not in GOOD:
            self._streak.append((kind, reason))
        if self._streak and len(self._streak) >= self._limit(kind):
            self.ended, self.spent = self._why(), kind == Kind.DUPLICATE

    def reached(self, trial: Finished) -> None:
        """Take a result into the front, and as incumbent if better.

        A result at a higher rung puts those at lower ones aside: they aren't comparable.
        """
        self.results += 1
        self.trained += trial.rung > 0
        self.latest = trial
        self._streak = []
        if trial.reference or trial.rung < self.rung:
            return
        if trial.rung > self.rung:
            self.rung, self.incumbent = trial.rung, None
            self._front = Front(self._objective.box)
        self._front.add(self._objective.position(trial.values, trial.figures), trial)
        if self.incumbent is None or self._rank(trial) > self._rank(self.incumbent):
            self.incumbent = trial

    def forgive(self) -> None:
        """Forget the failures that ended the search, as their cause may have been repaired.

        A space in which nothing is new stays so.
        """
        if self.ended and not self.spent:
            self._streak, self.ended = [], ""

    def _limit(self, kind: Kind) -> int:
        # Draws cost nothing and repeat by chance; a setting for failures is not about them.
        return FAILURES if kind in (Kind.DUPLICATE, Kind.INFEASIBLE) else self._failures

    def _rank(self, trial: Finished) -> tuple[float, float, int]:
        main = self._objective.gains(trial.values)[self._objective.main]
        return main, -trial.figures["macs"], -trial.number

    def _why(self) -> str:
        kind = self._streak[0][0]
        if kind == Kind.DUPLICATE:
            return (
                f"the last {len(self._streak)} draws had all been tried before: "
                "the space has nothing new within the limits"
            )
        reasons = Counter(reason.splitlines()[0] for _, reason in self._streak if reason)
        cause = f": {reasons.most_common(1)[0][0]}" if reasons else ""
        return f"the last {len(self._streak)} trials all ended {kind}{cause}"
