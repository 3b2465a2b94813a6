"""Progress: how a search stands, in the few values that a display shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nas.quantity import format_count, format_seconds


@dataclass(frozen=True, slots=True)
class Entry:
    """A trial's result in one line: its number, accuracy (0 to 1), MACs and parameters, and how far
    it was trained where it isn't complete ("3 of 9 epochs").

    What wasn't trained says `by` which evaluator, and has its `score` if that gives no accuracy.
    `others` are further objectives, in words ("20.0 ms latency").
    """

    number: int
    accuracy: float
    macs: float
    params: float
    trained: str = ""
    by: str = ""
    score: float | None = None
    others: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What was measured."""
        return "accuracy" if self.score is None else "score"

    @property
    def measured(self) -> str:
        """The accuracy, or the score."""
        return f"{self.accuracy:.4f}" if self.score is None else f"{self.score:.5g}"

    def __str__(self) -> str:
        after = f" after {self.trained}" if self.trained else ""
        after += f" by {self.by}" if self.by else ""
        sizes = f"{format_count(self.macs)} MACs", f"{format_count(self.params)} parameters"
        measured = f"trial {self.number}: {self.name} {self.measured}{after}"
        return ", ".join((measured, *self.others, *sizes))


@dataclass(frozen=True, slots=True)
class Progress:
    """How a search stands now; `seconds` and `trials` are its budget, None where it has none."""

    done: int  # trials that count towards the budget, with those that wait at a rung
    running: tuple[int, ...]
    counts: Mapping[str, int]
    best: Entry | None
    front: tuple[Entry, ...]
    elapsed: float
    seconds: float | None
    trials: int | None
    waiting: int = 0  # trials at a rung: promoted later, or pruned in the end
    trained: int | None = None  # where a cheap evaluator leads the search: trained until now
    hypervolume: float | None = None  # of several objectives' front, 0 to 1
    repeats: bool = False  # `done` and `trials` are trainings, several of each candidate

    @property
    def left(self) -> float | None:
        """An estimate of the seconds left: the budget's, or by the pace so far; None if unknown."""
        bounds = []
        if self.seconds is not None:
            bounds.append(self.seconds - self.elapsed)
        if self.trials is not None and self.done:
            bounds.append((self.trials - self.done) * self.elapsed / self.done)
        return max(0.0, min(bounds)) if bounds else None

    @property
    def share(self) -> float:
        """The share of the budget that is spent, 0 to 1."""
        spent = [0.0]
        if self.seconds:
            spent.append(self.elapsed / self.seconds)
        if self.trials:
            spent.append(self.done / self.trials)
        return min(1.0, max(spent))

    def headline(self) -> str:
        """Trials done and running, other outcomes, time: one line."""
        of = f" of {self.trials}" if self.trials is not None else ""
        wait = f" ({self.waiting} at a rung)" if self.waiting else ""
        what = " trainings" if self.repeats else ""
        parts = [f"{self.done}{of}{what} done{wait}"]
        if self.trained is not None:
            parts = [f"{self.done} scored", f"{self.trained} trained"]
        parts.append(f"{len(self.running)} running")
        parts += [
            f"{count} {kind}" for kind, count in self.counts.items() if count and kind != "complete"
        ]
        if self.hypervolume is not None:
            parts.append(f"hypervolume {self.hypervolume:.2f}")
        left = f", {format_seconds(self.left)} left" if self.left else ""
        return f"{', '.join(parts)}; {format_seconds(self.elapsed)}{left}"
