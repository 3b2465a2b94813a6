"""A driver that tests start, kill and start again: a whole run of a small space, in any executor.

python driving.py FOLDER EXECUTOR TRIALS [ADDRESS]
"""

import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from toy_search import Toy, evaluate, open_record

from nas.errors import DivergenceError
from nas.execute import Executor, InProcess, Local
from nas.report.live import display
from nas.report.progress import Progress
from nas.study import Budget, Goal, Run, Study
from nas.study.run import JOURNAL, SCRATCH
from nas.trial import Job, Outcome

SPACE = Toy(9, 9)
NONE: dict[str, float] = {}
FAULTS = {"raise": 0.10, "memory": 0.05, "nan": 0.05, "hang": 0.05, "kill": 0.05}


@dataclass(frozen=True)
class Drawn:
    """Toy accuracies after a moment; by its number a trial fails in one way of `faults`."""

    moment: float = 0.01  # seconds
    faults: dict[str, float] = field(default_factory=lambda: NONE)

    def fault(self, number: int) -> str:
        """What goes wrong with this trial, or nothing."""
        drawn = np.random.default_rng([7, number]).random()
        for name, share in self.faults.items():
            if drawn < share:
                return name
            drawn -= share
        return ""

    def evaluate(self, job: Job, folder: Path) -> Outcome:
        match self.fault(job.number):
            case "raise":
                raise ValueError("odd")
            case "memory":
                raise MemoryError
            case "nan":
                raise DivergenceError("the loss became nan")
            case "hang":
                time.sleep(1000)
            case "kill":
                os.kill(os.getpid(), 9)
        time.sleep(self.moment)
        return evaluate(job)

    def test(self, genotype: str, weights: Path) -> dict[str, float]:
        return {"accuracy": 0.0}


def opened(folder: Path, trials: int) -> Run:
    """The run in `folder`, begun or gone on with."""
    (folder / SCRATCH).mkdir(parents=True, exist_ok=True)
    record = open_record(folder / JOURNAL, space=SPACE)
    return Run(Study(Goal("toy"), budget=Budget(trials=trials)), folder, record)


def executor(name: str, evaluator: Drawn, scratch: Path, address: str | None = None) -> Executor:
    """Two slots of it."""
    if name == "ray":
        from nas.execute.ray_tune import Cluster, RayTune

        return RayTune(evaluator, scratch, Cluster(address=address, slots=2), limit=2.0)
    if name == "local":
        return Local(evaluator, scratch, workers=2, limit=2.0)
    return InProcess(evaluator, scratch)


def search(run: Run, evaluator: Drawn, name: str, address: str | None = None) -> Progress:
    """Run it to its end; how it stands then."""
    with run:
        place = executor(name, evaluator, run.folder / SCRATCH, address)
        run.search(place, evaluator, display(run.progress))
        return run.progress()


if __name__ == "__main__":
    where, kind, count, *addresses = sys.argv[1:]
    search(opened(Path(where), int(count)), Drawn(0.3), kind, *addresses)
