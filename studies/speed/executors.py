"""What executors add to a trial: local workers in CPU time, Ray Tune in time over the ideal.

python studies/speed/executors.py          # all
python studies/speed/executors.py local    # or ray, or ray-longer: trials of two seconds

The search is a whole run (record, best/, budget) of a space of 30 decisions with the random
sampler; only the evaluator takes no time, or sleeps.
"""

from __future__ import annotations

import io
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from nas.execute import Executor, InProcess, Local
from nas.genotype import parse
from nas.report.live import Lines
from nas.search.candidates import Candidates
from nas.search.objective import Objective
from nas.search.record import Record
from nas.search.samplers import make
from nas.space import Space, fit
from nas.study import Budget, Goal, Run, Study
from nas.trial import Job, Kind, Outcome

CHAIN = " >> ".join(["conv(choice(4, 8, 12, 16))"] * 30)
PLAIN = f"image(1, 32, 32) >> {CHAIN} >> classifier(10)"
SLOTS = 2
MOMENT = 0.5  # seconds of Ray's evaluator


@dataclass(frozen=True)
class Sleeps:
    """An evaluator of no work at all; it says when it began and ended, on the machine's clock."""

    seconds: float = 0.0

    def evaluate(self, job: Job, folder: Path) -> Outcome:
        begun = time.time()
        time.sleep(self.seconds)
        times = {"begun": begun, "ended": time.time(), "slot": float(os.getpid())}
        return Outcome(job.number, Kind.COMPLETE, {"accuracy": 0.9, **times})

    def test(self, genotype: str, weights: Path) -> dict[str, float]:
        return {"accuracy": 0.9}


def search(
    make_executor: Callable[[Path], Executor], trials: int
) -> tuple[float, float, list[Outcome]]:
    """CPU seconds of this process while `trials` ran, those of its children, and the outcomes."""
    told: list[Outcome] = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "trials").mkdir()
        text = fit(parse(PLAIN), (1, 32, 32), 10)
        sampler = make("random", Candidates(Space(text)), 0)
        objective = Objective(("accuracy",))
        record = Record(folder / "journal.log", sampler, objective, {"space": str(text)})
        tell = record.tell

        def kept(outcome: Outcome) -> Outcome:
            told.append(outcome)
            return tell(outcome)

        record.tell = kept  # type: ignore[method-assign]
        with Run(Study(Goal(str(text)), budget=Budget(trials=trials)), folder, record) as run:
            executor = make_executor(folder / "trials")
            own, others = time.process_time(), children()
            run.search(executor, Sleeps(), Lines(run.progress, Console(file=io.StringIO())))
            return time.process_time() - own, children() - others, told


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def local(trials: int = 300, rounds: int = 5) -> str:
    """CPU time a trial of the driver, and of the driver with its workers, in turns."""
    ways: dict[str, Callable[[Path], Executor]] = {
        "in-process": lambda scratch: InProcess(Sleeps(), scratch),
        "two local workers": lambda scratch: Local(Sleeps(), scratch, SLOTS),
    }
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    starting = [search(ways["two local workers"], SLOTS)[1] for _ in range(rounds)]
    for _ in range(rounds):
        for name, way in ways.items():
            own, others, _ = search(way, trials)
            begun = statistics.median(starting) if others else 0.0
            spent[name].append((1e3 * own / trials, 1e3 * (own + others - begun) / trials))
    lines = [
        f"{name}: {statistics.median(own for own, _ in each):.2f} ms CPU of the driver a trial, "
        f"{statistics.median(both for _, both in each):.2f} with its workers, once they are up"
        for name, each in spent.items()
    ]
    return "\n".join(lines)


def ray(trials: int = 40, moment: float = MOMENT) -> str:
    """Wall time that a slot waits for each trial once both are up, and until the first began."""
    from nas.execute.ray_tune import Cluster, RayTune

    asked = time.time()
    cluster = Cluster(slots=SLOTS)
    *_, told = search(lambda scratch: RayTune(Sleeps(moment), scratch, cluster), trials)
    spans = sorted((each.figures["begun"], each.figures["ended"]) for each in told)
    up = spans[SLOTS - 1][0]
    counted = [(begun, ended) for begun, ended in spans if begun > up]
    worked = sum(ended - max(begun, up) for begun, ended in spans if ended > up)
    until = max(begun for begun, _ in spans)  # at the end slots wait for nothing
    worked -= sum(ended - max(begun, until) for begun, ended in spans if ended > until)
    waited = ((until - up) * SLOTS - worked) / len(counted)
    return (
        f"Ray Tune, {SLOTS} slots, {moment:g} s a trial: a slot waits {1e3 * waited:.0f} ms for "
        f"each of {len(counted)} trials; the first began after {spans[0][0] - asked:.1f} s, the "
        f"second slot was up after {up - asked:.1f} s"
    )


def main(*which: str) -> str:
    """The lines asked for, below the machine's load."""
    ways = {"local": local, "ray": ray, "ray-longer": partial(ray, 12, 4 * MOMENT)}
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return "\n".join([load, *(ways[name]() for name in which or ways)])


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)
    from executors import main  # by its name: a worker's child doesn't know it as __main__

    print(main(*sys.argv[1:]))
