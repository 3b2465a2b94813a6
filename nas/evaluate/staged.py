"""Evaluation in two stages: a cheap score for every candidate, real training for the survivors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from nas.evaluate.train import WEIGHTS, TrainEvaluator
from nas.trial import Job, Outcome


class Scorer(Protocol):
    """What a cheap evaluator is; it may leave weights behind, which nobody needs."""

    def evaluate(self, job: Job, folder: Path) -> Outcome:
        """The outcome of `job`, with the figure that it measures."""


@runtime_checkable
class Prepared(Protocol):
    """A cheap evaluator that has work to do before the first candidate, such as to train a
    supernet."""

    def prepare(self) -> None:
        """Do it, or what is left of it."""


@dataclass(frozen=True, slots=True)
class StagedEvaluator:
    """Scores at a job's rung 0, trains at rung 1."""

    scorer: Scorer
    trainer: TrainEvaluator

    @property
    def prepared(self) -> Prepared | None:
        """The scorer, if it has to be prepared once before a search."""
        return self.scorer if isinstance(self.scorer, Prepared) else None

    def evaluate(self, job: Job, folder: Path) -> Outcome:
        """The outcome of `job` by the evaluator of its rung."""
        if job.rung:
            return self.trainer.evaluate(job, folder)
        outcome = self.scorer.evaluate(job, folder)
        (folder / WEIGHTS).unlink(missing_ok=True)
        return outcome

    def test(self, genotype: str, weights: Path) -> dict[str, float]:
        """The figures of trained weights on the test split."""
        return self.trainer.test(genotype, weights)
