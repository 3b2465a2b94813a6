"""How time grows with a network's nodes, and with a run's trials: 10 to 10,000 of each.

The exponent is the slope of a line through the logarithms: 1 is linear.
"""

from __future__ import annotations

import gc
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from caches import forget_all

import nas
from nas.genotype import canonical_hash
from nas.search.candidates import Candidates
from nas.search.objective import Objective
from nas.search.record import Record
from nas.search.samplers import make
from nas.space import Space, fit
from nas.trial import Kind, Outcome

COUNTS = (10, 100, 1_000, 10_000)
AIM = 1.1
FIGURES = {"accuracy": 0.9, "loss": 0.3, "epochs": 4.0}


def chain(nodes: int) -> str:
    """Different layers one after another: a convolution, a norm and an activation each."""
    layers = (f">> conv({8 + 7 * i % 61}, {1 + 2 * (i % 3)})" for i in range(nodes // 3))
    return "\n".join(["image(3, 32, 32)", *layers, ">> classifier(10)"])


def residual(nodes: int) -> str:
    """Equal blocks in a row, written out: eight nodes each."""
    blocks = (">> mbconv(16, 3, se=0)" for _ in range(max(1, nodes // 9)))
    return "\n".join(["image(3, 32, 32)", ">> conv(16, 3)", *blocks, ">> classifier(10)"])


def seconds(do: Callable[[], object], times: int) -> float:
    """The median of CPU seconds with every cache empty."""
    spent = []
    for _ in range(times):
        forget_all()
        gc.collect()
        gc.disable()
        used = time.process_time()
        do()
        spent.append(time.process_time() - used)
        gc.enable()
    return statistics.median(spent)


def exponent(sizes: list[float], spent: list[float]) -> float:
    """The slope of the line of least squares through the logarithms."""
    x, y = [math.log(size) for size in sizes], [math.log(value) for value in spent]
    return statistics.linear_regression(x, y).slope


def nodes(rounds: int = 5) -> Iterator[str]:
    """Parsing, counting and hashing, by the number of nodes."""
    yield "CPU time, every cache empty before each"
    steepest = 0.0
    for what, write in (("different layers", chain), ("equal residual blocks", residual)):
        yield f"\n| a chain of {what} | nodes | reading | counting | hashing |"
        yield "| --- | --- | --- | --- | --- |"
        sizes: list[float] = []
        spent: dict[str, list[float]] = {"reading": [], "counting": [], "hashing": []}
        for count in COUNTS:
            text = write(count)
            network = nas.parse(text)
            sizes.append(len(nas.cost(network).flat.nodes))
            times = rounds if count < COUNTS[-1] else min(3, rounds)
            ways: dict[str, Callable[[], object]] = {
                "reading": lambda text=text: nas.parse(text),
                "counting": lambda network=network: nas.cost(network),
                "hashing": lambda network=network: canonical_hash(network),
            }
            for name, way in ways.items():
                spent[name].append(seconds(way, times))
            told = " | ".join(f"{1e3 * each[-1]:.2f} ms" for each in spent.values())
            yield f"| {what} | {sizes[-1]:,.0f} | {told} |"
        slopes = {name: exponent(sizes, each) for name, each in spent.items()}
        last = {name: exponent(sizes[-2:], each[-2:]) for name, each in spent.items()}
        yield f"| exponent | all | {' | '.join(f'{each:.2f}' for each in slopes.values())} |"
        yield f"| exponent | last two | {' | '.join(f'{each:.2f}' for each in last.values())} |"
        steepest = max(steepest, *slopes.values(), *last.values())
    verdict = "holds" if steepest < AIM else "fails"
    yield f"\nLinear: the steepest exponent is {steepest:.2f}, under {AIM}: {verdict}."


def trials() -> Iterator[str]:
    """A run's record as it grows: each trial's cost, and reading it all again."""
    plain = " >> ".join(["conv(choice(4, 8, 12, 16))"] * 30)
    space = Space(fit(nas.parse(f"image(1, 32, 32) >> {plain} >> classifier(10)"), (1, 32, 32), 10))

    def opened(journal: Path) -> Record:
        sampler = make("random", Candidates(space), 0)
        return Record(journal, sampler, Objective(("accuracy",)), {"space": str(space.genotype)})

    yield "CPU time; 30 decisions, random sampler, results told at once; fsync left out"
    yield "\n| trials | each of the last ten, or tenth | reading the record again |"
    yield "| --- | --- | --- |"
    sync, os.fsync = os.fsync, lambda _: None
    again, asked = [], []
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.log"
        record, done = opened(journal), 0
        for count in COUNTS:
            marks = []
            for _ in range(count - done):
                marks.append(time.process_time())
                job = record.ask()
                assert job is not None
                record.tell(Outcome(job.number, Kind.COMPLETE, FIGURES, 1.0))
            marks.append(time.process_time())
            done, part = count, min(len(marks) - 1, max(10, count // 10))
            asked.append((marks[-1] - marks[-1 - part]) / part)
            record.close()
            used = time.process_time()
            record = opened(journal)
            again.append(time.process_time() - used)
            yield f"| {count:,} | {1e3 * asked[-1]:.2f} ms | {again[-1]:.2f} s |"
        record.close()
    os.fsync = sync
    sizes = [float(count) for count in COUNTS]
    yield (
        f"\nExponents: a trial {exponent(sizes, asked):.2f} (0 is the same for each), the record "
        f"read again {exponent(sizes[1:], again[1:]):.2f}, from 100 trials on."
    )


SECTIONS = {"nodes": nodes, "trials": trials}

if __name__ == "__main__":
    gc.freeze()
    for which in sys.argv[1:] or SECTIONS:
        for line in SECTIONS[which]():
            print(line, flush=True)
