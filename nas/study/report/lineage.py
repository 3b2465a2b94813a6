"""The lineage of the winner: from whom it descends, or which bests it came after, as changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from nas.errors import NasError
from nas.genotype import parse
from nas.genotype.diff import diff
from nas.search.course import PARENT
from nas.search.standing import Finished
from nas.study.report.told import Told


@dataclass(frozen=True, slots=True)
class Stage:
    """A trial on the way to the winner: its value, and what changed since the one before."""

    trial: int
    value: float
    changes: str  # one a line; nothing of the first

    @property
    def lines(self) -> tuple[str, ...]:
        """The changes."""
        return tuple(self.changes.split("\n")) if self.changes else ()


@dataclass(frozen=True, slots=True)
class Lineage:
    """The way to the winner, the first first, and in a sentence what kind of way it is."""

    says: str
    stages: tuple[Stage, ...] = ()


def lineage(told: Told) -> Lineage:
    """Whose weights the winner began with, and so on, where that was recorded; else each best."""
    if told.best is None:
        return Lineage("No candidate has a result yet.")
    ancestors = _ancestors(told, told.best)
    if len(ancestors) > 1:
        return Lineage(
            "Each candidate began with the weights of the one before, changed as said.",
            _stages(told, ancestors),
        )
    bests: list[Finished] = []
    for _, each in told.finished:
        if each.rung == told.rung and (not bests or told.gain(each) > told.gain(bests[-1])):
            bests.append(each)
    if bests[-1].number != told.best.number:  # of equals the incumbent is the one of lower cost
        bests.append(told.best)
    if len(bests) == 1:
        return Lineage("The first candidate is still the best.", _stages(told, bests))
    return Lineage(
        "The search recorded no parents. These are the candidates that were the best when they "
        "came, and how each differs from the best before it.",
        _stages(told, bests),
    )


def _ancestors(told: Told, best: Finished) -> list[Finished]:
    by = {each.number: each for _, each in told.finished}
    chain, seen = [best], {best.number}
    while True:
        parent = told.journal.trials[chain[0].number].held.get(PARENT)
        if not isinstance(parent, int) or parent in seen or parent not in by:
            return chain
        seen.add(parent)
        chain.insert(0, by[parent])


def _stages(told: Told, chain: Sequence[Finished]) -> tuple[Stage, ...]:
    found = [Stage(chain[0].number, told.value(chain[0]), "")]
    for before, after in pairwise(chain):
        changes = _changes(before.genotype, after.genotype)
        found.append(Stage(after.number, told.value(after), "\n".join(changes)))
    return tuple(found)


def _changes(before: str, after: str) -> list[str]:
    try:
        changes = list(map(str, diff(parse(before), parse(after))))
    except NasError as error:
        return [f"can't be compared: {error}"]
    return changes or ["the same network"]
