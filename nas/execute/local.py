"""On this machine: several supervised processes, each with its share of the cores."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import wait
from pathlib import Path

from nas.execute._base import Evaluator
from nas.execute.worker import Worker
from nas.trial import Job, Outcome


class Local:
    """`workers` child processes; a hang or a crash costs its own job only.

    `limit` is the most seconds for one job (`--trial-timeout`), None for no limit.
    """

    def __init__(
        self, evaluator: Evaluator, scratch: Path, workers: int, limit: float | None = None
    ) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        threads = {"OMP_NUM_THREADS": str(max(1, (cores or 1) // workers))}
        self._workers = [Worker(evaluator, scratch, limit, threads) for _ in range(workers)]

    @property
    def free(self) -> int:
        """How many workers are idle."""
        return sum(not worker.busy for worker in self._workers)

    def submit(self, job: Job) -> None:
        """Give `job` to an idle worker."""
        next(worker for worker in self._workers if not worker.busy).submit(job)

    def wait(self) -> list[Outcome]:
        """Block until a job ends, in whatever way."""
        while True:
            busy = [worker for worker in self._workers if worker.busy]
            if not busy:
                return []
            ends = [worker.deadline for worker in busy if worker.deadline is not None]
            timeout = max(0.0, min(ends) - time.monotonic()) if ends else None
            wait([worker.connection for worker in busy if worker.connection is not None], timeout)
            outcomes = [worker.collect() for worker in busy]
            if any(outcomes):
                return [outcome for outcome in outcomes if outcome is not None]

    def close(self) -> None:
        """Kill what still runs."""
        for worker in self._workers:
            worker.close()
