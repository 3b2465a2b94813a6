"""A driver that tests start, kill and start again: a run of a small space, in any executor."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from toy_search import Toy, evaluate, open_record

from nas.errors import DivergenceError
from nas.execute import Executor, InProcess, Local
from nas.report.live import display
from nas.report.progress import Progress
from nas.search.reading import read
from nas.search.rungs import WHOLE, Rungs
from nas.study import Budget, Goal, Run, Study
from nas.study.run import SCRATCH
from nas.study.status import JOURNAL, SETTINGS, status
from nas.trial import Job, Outcome

SPACE = Toy(9, 9)
SLOTS = 2
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


def opened(folder: Path, trials: int, rungs: Rungs = WHOLE) -> Run:
    """The run in `folder`, begun or gone on with."""
    (folder / SCRATCH).mkdir(parents=True, exist_ok=True)
    study = Study(Goal("toy"), budget=Budget(trials=trials))
    study.save(folder / SETTINGS)
    settings = {"objectives": ["accuracy"]}
    record = open_record(folder / JOURNAL, space=SPACE, settings=settings, rungs=rungs)
    return Run(study, folder, record)


def executor(name: str, evaluator: Drawn, run: Run, slots: int, address: str | None) -> Executor:
    """The executor of that name."""
    scratch = run.folder / SCRATCH
    if name == "ray":
        from nas.execute.ray_tune import Cluster, RayTune

        return RayTune(evaluator, scratch, Cluster(address=address, slots=slots), limit=2.0)
    if name == "local":
        return Local(evaluator, scratch, workers=slots, limit=2.0)
    return InProcess(evaluator, scratch)


def search(
    run: Run, evaluator: Drawn, name: str, slots: int = SLOTS, address: str | None = None
) -> Progress:
    """Run it to its end; how it stands then."""
    with run:
        place = executor(name, evaluator, run, slots, address)
        run.search(place, evaluator, display(run.progress))
        return run.progress()


def started(
    folder: Path,
    name: str,
    trials: int,
    address: str | None = None,
    slots: int = SLOTS,
    rungs: Rungs = WHOLE,
) -> "subprocess.Popen[bytes]":
    """A driver in a process of its own; it writes what it says to `folder`.txt."""
    epochs = ",".join(map(str, rungs.epochs))
    words = [str(folder), name, str(trials), str(slots), epochs, *([address] if address else [])]
    with folder.with_suffix(".txt").open("ab") as said:
        # By its name, since a worker's child doesn't know this module as `__main__`.
        command = [sys.executable, "-W", "ignore", "-c", "import driving; driving.main()", *words]
        return subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)


def until(process: "subprocess.Popen[bytes]", reached: Callable[[], bool]) -> None:
    """Wait while the driver lives until `reached`."""
    while not reached():
        assert process.poll() is None, "the driver ended before"
        time.sleep(0.05)


def done(folder: Path) -> int:
    """How many trials of the run are good by now."""
    return status(folder).progress.done if (folder / JOURNAL).exists() else 0


def running(folder: Path) -> int:
    """How many trials of the run are running now."""
    return len(status(folder).progress.running) if (folder / JOURNAL).exists() else 0


def results(folder: Path) -> dict[int, object]:
    """What every trial that has ended came to, as the journal holds it."""
    return {
        trial.number: (trial.held["outcome"], trial.values, trial.held.get("figures"))
        for trial in read(folder / JOURNAL).trials
        if trial.ended
    }


def main() -> None:
    """What `started` starts: FOLDER EXECUTOR TRIALS SLOTS EPOCHS [ADDRESS]."""
    where, kind, count, places, epochs, *addresses = sys.argv[1:]
    rungs = Rungs(tuple(map(int, epochs.split(",")))) if epochs else WHOLE
    search(opened(Path(where), int(count), rungs), Drawn(0.3), kind, int(places), *addresses)
