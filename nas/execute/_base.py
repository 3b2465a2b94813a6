"""What an executor and an evaluator are."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from nas.trial import Job, Outcome


class Evaluator(Protocol):
    """Measures one candidate; knows nothing of where it runs or of the search."""

    def evaluate(self, job: Job, folder: Path) -> Outcome:
        """The outcome of `job`; its weights lie in `folder`/weights.safetensors afterwards."""

    def test(self, genotype: str, weights: Path) -> dict[str, float]:
        """Figures on images that `evaluate` never saw."""


class Executor(Protocol):
    """Runs jobs somewhere. Each submitted job comes back from `wait` exactly once, or is lost."""

    @property
    def free(self) -> int:
        """How many more jobs may be submitted now."""

    def submit(self, job: Job) -> None:
        """Take a job; its files go to `<scratch>/<number>`."""

    def wait(self) -> list[Outcome]:
        """Block until something comes back; at least one outcome if any job is held."""

    def close(self) -> None:
        """Stop whatever still runs."""
