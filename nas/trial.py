"""What passes between record, executors and evaluators: a job to do and what came of it.

Both travel as JSON text, so that any executor (this process, a worker, a Ray actor) can carry them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How a trial ended. Budgets count good trials: `complete` and `pruned`."""

    COMPLETE = "complete"
    PRUNED = "pruned"
    INFEASIBLE = "infeasible"
    DUPLICATE = "duplicate"
    OUT_OF_MEMORY = "out of memory"
    DIVERGED = "diverged"
    TIMED_OUT = "timed out"
    CRASHED = "crashed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Job:
    """One candidate to evaluate: the trial's number, its genotype's text, and how.

    `epochs` is where to stop and score, of the `total` that the schedule is made for; a later job
    in the same folder goes on from there. `accumulate` parts a step take less memory for the same
    gradients. None is the evaluator's own. With a `parent`, the number and the genotype of a trial
    whose folder stands beside this one's, the candidate begins with that trial's weights.
    """

    number: int
    genotype: str
    seed: int
    rung: int = 0
    attempt: int = 1
    batch: int | None = None  # images a step
    epochs: int | None = None
    total: int | None = None
    accumulate: int = 1
    parent: int | None = None
    parent_genotype: str = ""

    def to_json(self) -> str:
        """This job as one line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Job:
        """The job that `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: its kind, the figures it measured, and the reason where it failed.

    `figures` maps names ("accuracy", "loss", "macs", "params", "latency") to finite numbers;
    accuracy is a share from 0 to 1, latency is in seconds. A trial that was pruned for a `better`
    one, by its number, makes room for a child of it.
    """

    number: int
    kind: Kind
    figures: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    reason: str = ""
    better: int | None = None

    def to_json(self) -> str:
        """This outcome as one line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Outcome:
        """The outcome that `to_json` wrote."""
        values: dict[str, Any] = json.loads(text)
        return cls(**{**values, "kind": Kind(values["kind"])})
