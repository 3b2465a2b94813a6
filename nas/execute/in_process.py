"""In this process: one job at a time, evaluated where the driver is."""

from __future__ import annotations

from pathlib import Path

from nas.execute._base import Evaluator
from nas.execute.attempt import attempt
from nas.trial import Job, Outcome


class InProcess:
    """Evaluates a submitted job in `wait`; a hang holds up the search."""

    def __init__(self, evaluator: Evaluator, scratch: Path) -> None:
        self._evaluator = evaluator
        self._scratch = scratch
        self._jobs: list[Job] = []

    @property
    def free(self) -> int:
        """1 if nothing waits, else 0."""
        return 1 - len(self._jobs)

    def submit(self, job: Job) -> None:
        """Keep `job` for the next `wait`."""
        self._jobs.append(job)

    def wait(self) -> list[Outcome]:
        """Evaluate what was submitted."""
        jobs, self._jobs = self._jobs, []
        return [attempt(self._evaluator, job, self._scratch / str(job.number)) for job in jobs]

    def close(self) -> None:
        """Forget what was submitted and not evaluated."""
        self._jobs = []
