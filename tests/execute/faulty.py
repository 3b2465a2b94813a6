"""An evaluator whose candidates go wrong as their genotype's text says."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from nas.errors import DivergenceError, RunError
from nas.trial import Job, Kind, Outcome

MARK = "NAS_TEST"  # in the environment of all processes that a test starts


@dataclass(frozen=True)
class Faulty:
    """`raise`, `memory`, `nan`, `hang`, `kill`, `disk`, else a good trial after a moment."""

    moment: float = 0.01  # seconds

    def evaluate(self, job: Job, folder: Path) -> Outcome:
        match job.genotype:
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
            case "disk":
                raise RunError("no room left")
        begun = time.time()
        time.sleep(self.moment)
        figures = {"accuracy": 0.5, "process": float(os.getpid())}
        figures |= {"begun": begun, "ended": time.time()}
        figures["gpu"] = float(os.environ.get("CUDA_VISIBLE_DEVICES") or -1)
        return Outcome(job.number, Kind.COMPLETE, figures)

    def test(self, genotype: str, weights: Path) -> dict[str, float]:
        raise NotImplementedError


def run(executor: object, genotypes: list[str]) -> dict[int, Outcome]:
    """All outcomes by number, as many jobs at a time as the executor takes."""
    jobs = [Job(number, genotype, number) for number, genotype in enumerate(genotypes)]
    found: dict[int, Outcome] = {}
    while len(found) < len(genotypes):
        while executor.free and jobs:
            executor.submit(jobs.pop(0))
        for outcome in executor.wait():
            assert outcome.number not in found
            found[outcome.number] = outcome
    return found


def children() -> list[int]:
    """Process numbers of living workers, of this test and no other that runs on the machine."""
    mark = f"{MARK}={os.environ[MARK]}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            line, settings = ((path / name).read_bytes() for name in ("cmdline", "environ"))
        except OSError:
            continue
        if b"nas.execute.worker import serve" in line and mark in settings.split(b"\0"):
            found.append(int(path.name))
    return found
