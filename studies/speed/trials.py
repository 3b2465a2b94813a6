"""What a run of 10,000 trials costs its user: CPU and wall time, and the most memory, of each
command that opens it.

python studies/speed/trials.py                    # makes the run in a temporary folder (2 min)
python studies/speed/trials.py /tmp/run 10000     # makes it there, once, and opens it again
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nas.trial import Kind, Outcome

TRIALS = 10_000
SHARES = {
    Kind.COMPLETE: 0.9,
    Kind.CRASHED: 0.04,
    Kind.OUT_OF_MEMORY: 0.03,
    Kind.DIVERGED: 0.02,
    Kind.TIMED_OUT: 0.01,
}
REASON = "ValueError: as a candidate might raise it\n" + '  File "somewhere.py", line 1\n' * 6
COMMANDS = {
    "nas status": ["status"],
    "nas status --json": ["status", "--json"],
    "nas report": ["report"],
    "nas search --resume, the budget being spent": ["search", "--gpus", "0", "--resume"],
}


def main(folder: str = "", trials: int = TRIALS) -> str:
    """A line for each command, on a run of so many trials of `mbconv`."""
    if not folder:
        with tempfile.TemporaryDirectory() as made:
            return main(f"{made}/run", trials)
    run = Path(folder)
    if not run.exists():  # in a process of its own: this one's memory would count as its children's
        program = f"from trials import make; make({folder!r}, {trials})"
        subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parent, check=True)
    size = (run / "journal.log").stat().st_size
    lines = [f"{trials} trials of mbconv, {size / 1e6:.0f} MB; load {os.getloadavg()[0]:.1f}"]
    return "\n".join([*lines, *(cost(name, [*words, folder]) for name, words in COMMANDS.items())])


def make(folder: str, trials: int) -> None:
    """A run of `mbconv` whose outcomes are drawn at random; every other cost is real."""
    import numpy as np

    from nas.space import load
    from nas.study import Budget, Goal, Run, Study

    goal = Goal(space=str(load("mbconv")), width=0.25, sampler="random")
    rng, kinds = np.random.default_rng(0), list(SHARES)
    fsync, os.fsync = os.fsync, lambda _: None
    with Run.start(Study(goal, budget=Budget(trials=1)), Path(folder).absolute()) as run:
        for _ in range(trials):
            job = run.record.ask()
            assert job is not None
            kind = kinds[rng.choice(len(kinds), p=list(SHARES.values()))]
            if kind == Kind.COMPLETE:
                figures = {"accuracy": rng.beta(8, 2), "loss": rng.random(), "epochs": 4.0}
                run.record.tell(Outcome(job.number, kind, figures, rng.uniform(1, 60)))
            else:
                run.record.tell(Outcome(job.number, kind, seconds=1.0, reason=REASON))
        best = run.record.standing.incumbent
        assert best is not None
        run.record.note("test", {"trial": best.number, "figures": {"accuracy": 0.5}})
    os.fsync = fsync


def cost(name: str, arguments: list[str]) -> str:
    """`name`: what the command took, and its first line."""
    command = [sys.executable, "-m", "nas.cli", *arguments]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read().splitlines() or [""]
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall, cpu = time.perf_counter() - start, used.ru_utime + used.ru_stime
    failed = f" (exit code {process.returncode})" if process.returncode else ""
    return (
        f"{name}{failed}: {cpu:.1f} s CPU, {wall:.1f} s wall, "
        f"{used.ru_maxrss / 1e3:.0f} MB at most; {said[0]}"
    )


if __name__ == "__main__":
    print(main(*sys.argv[1:2], *map(int, sys.argv[2:3])))
