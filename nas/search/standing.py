"""The standing of a search: counts by outcome, the incumbent, the front, and whether it should end.

Kept as trials finish; nothing is recomputed from all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from nas.search.front import Front
from nas.search.objective import Objective
from nas.trial import Kind

FAILURES = 20  # as many of one kind in a row end the search
GOOD = (Kind.COMPLETE, Kind.PRUNED)


@dataclass(frozen=True, slots=True)
class Finished:
    """A complete trial: its objectives' values and its figures (accuracy, macs, params, ...)."""

    number: int
    genotype: str
    seed: int
    values: tuple[float, ...]
    figures: Mapping[str, float]


class Standing:
    """How a search stands after the trials that were added, in the order of their numbers or not.

    `counts` has each trial once, and each time that one was lost with its driver; `seconds` is the
    time that trials took; `ended` says in a sentence why nothing more should be asked, or is empty.
    """

    def __init__(self, objective: Objective) -> None:
        self.counts: Counter[Kind] = Counter()
        self.incumbent: Finished | None = None
        self.latest: Finished | None = None  # the complete trial that was added last
        self.seconds = 0.0
        self.ended = ""
        self._objective = objective
        self._front: Front[Finished] = Front()
        self._streak: list[tuple[Kind, str]] = []

    @property
    def good(self) -> int:
        """Trials that count towards a budget: complete or pruned."""
        return sum(self.counts[kind] for kind in GOOD)

    @property
    def front(self) -> tuple[Finished, ...]:
        """The undominated trials: in the objectives or, if there is one, in accuracy and MACs."""
        return self._front.members

    def add(self, kind: Kind, seconds: float = 0.0, reason: str = "") -> None:
        """Count a trial that ended as `kind`; 20 failures of one kind in a row end the search."""
        self.counts[kind] += 1
        self.seconds += seconds
        if kind in GOOD or (self._streak and self._streak[0][0] != kind):
            self._streak = []
        if kind not in GOOD:
            self._streak.append((kind, reason))
        if len(self._streak) >= FAILURES:
            self.ended = self._why()

    def complete(self, trial: Finished) -> None:
        """Take a complete trial (counted by `add`) into the front, and as incumbent if better."""
        gains = self._objective.gains(trial.values)
        axes = gains
        if len(gains) == 1:
            axes = (trial.figures.get("accuracy", gains[0]), -trial.figures["macs"])
        self._front.add(axes, trial)
        self.latest = trial
        if self.incumbent is None or self._rank(trial) > self._rank(self.incumbent):
            self.incumbent = trial

    def forgive(self) -> None:
        """Forget the failures that ended the search, as their cause may have been repaired.

        A space in which nothing is new stays so.
        """
        if self.ended and self._streak[0][0] != Kind.DUPLICATE:
            self._streak, self.ended = [], ""

    def _rank(self, trial: Finished) -> tuple[float, float, int]:
        main = self._objective.gains(trial.values)[self._objective.main]
        return main, -trial.figures["macs"], -trial.number

    def _why(self) -> str:
        kind = self._streak[0][0]
        if kind == Kind.DUPLICATE:
            return (
                f"the last {FAILURES} draws had all been tried before: "
                "the space has nothing new within the limits"
            )
        reasons = Counter(reason.splitlines()[0] for _, reason in self._streak if reason)
        cause = f": {reasons.most_common(1)[0][0]}" if reasons else ""
        return f"the last {FAILURES} trials all ended {kind}{cause}"
