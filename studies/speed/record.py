"""What the record costs a trial: CPU time, fsyncs, bytes; nothing is trained.

python studies/speed/record.py            # 30 decisions, random sampler, 1,000 trials
python studies/speed/record.py mbconv     # a real space instead
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from nas.genotype import parse
from nas.search.candidates import Candidates
from nas.search.objective import Objective
from nas.search.record import Record
from nas.search.samplers import make
from nas.space import Space, fit, load
from nas.trial import Kind, Outcome

CHAIN = " >> ".join(["conv(choice(4, 8, 12, 16))"] * 30)
PLAIN = f"image(1, 32, 32) >> {CHAIN} >> classifier(10)"
FIGURES = {"accuracy": 0.9, "loss": 0.3, "epochs": 4.0}


def main(name: str = "", trials: int = 1000) -> str:
    """One line of figures, for the space called `name` or 30 decisions in a row."""
    text = fit(load(name) if name else parse(PLAIN), (1, 32, 32), 10)
    space, syncs, fsync = Space(text), [0], os.fsync

    def counted(handle: int) -> None:
        syncs[0] += 1
        fsync(handle)

    def opened(journal: Path) -> Record:
        sampler = make("random", Candidates(space), 0)
        return Record(journal, sampler, Objective(("accuracy",)), {"space": str(text)})

    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.log"
        record = opened(journal)
        os.fsync = counted
        cpu, wall = time.process_time(), time.perf_counter()
        marks = []
        for _ in range(trials):
            marks.append(time.process_time())
            job = record.ask()
            assert job is not None
            record.tell(Outcome(job.number, Kind.COMPLETE, FIGURES, 1.0))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        marks.append(time.process_time())
        part = max(1, trials // 10)
        growth = (marks[-1] - marks[-1 - part]) / (marks[part] - marks[0])
        os.fsync = fsync
        record.close()
        size = journal.stat().st_size
        again = time.perf_counter()
        opened(journal).close()
        again = time.perf_counter() - again
    return (
        f"{len(space.decisions)} decisions: {1e3 * cpu / trials:.1f} ms CPU a trial, of it "
        f"{1e3 * drawing(space):.1f} to draw, count and hash the candidate, the last {part} taking "
        f"{growth:.2f} times the first; "
        f"{1e3 * wall / trials:.1f} ms wall; {syncs[0] / trials:.2f} fsyncs; "
        f"{size / trials / 1e3:.1f} kB; {trials} trials read back in {again:.1f} s"
    )


def drawing(space: Space, times: int = 200) -> float:
    """CPU seconds to draw a candidate and make its card."""
    candidates, rng = Candidates(space), np.random.default_rng(1)
    start = time.process_time()
    for _ in range(times):
        candidates.at(space.sample(rng)).card.stored()
    return (time.process_time() - start) / times


if __name__ == "__main__":
    print(main(*sys.argv[1:2]))
