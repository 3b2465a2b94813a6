"""How well a candidate's latency is predicted from operations measured once, beside other ways.

Every way gets a scale and an offset from the same 20 candidates and is judged on the same 50
others. All of it is measured in turns, as CPU time of one thread, and the least of each counts,
since the machine may be busy.
"""

import argparse
import time
from dataclasses import replace

import numpy as np
import torch

from nas.costs import cost
from nas.genotype import Genotype
from nas.latency import Calibration, calibrate
from nas.latency.bench import Bench
from nas.latency.regression import line, mape, spearman
from nas.latency.runs import Run, runs
from nas.space import Space, load
from nas.study import Goal
from nas.study.wiring import fitted

SPACES = ("mbconv", "mbconv_layerwise")
WIDTH = 0.25
FITTED, HELD_OUT = 20, 50


def drawn(space: Space, count: int) -> list[Genotype]:
    """Random candidates, others than calibrating draws."""
    rng = np.random.default_rng(1)
    return [space.resolve(space.sample(rng)) for _ in range(count)]


def single(run: Run) -> list[Run]:
    """Each operation of a run as a run of its own."""
    return [
        Run(run.graph.specs(node), ((node.item, tuple(range(len(node.inputs)))),))
        for node in run.nodes
    ]


def one_by_one(bench: Bench, whole: list[Genotype], seconds: float) -> list[float]:
    """The sums of every operation by itself."""
    parts = [
        [one for run, count in runs(each).items() for one in single(run) * count] for each in whole
    ]
    distinct = list(dict.fromkeys(one for each in parts for one in each))
    makes = [lambda one=one: bench.run(one) for one in distinct]
    taken = bench.in_turns(makes, [one.work[1] for one in distinct], seconds)
    known = dict(zip(distinct, taken, strict=True))
    return [sum(known[one] for one in each) for each in parts]


def judged(name: str, sums: list[float], taken: list[float]) -> str:
    """A line of the table."""
    scale, offset = line(sums[:FITTED], taken[:FITTED])
    told = [scale * each + offset for each in sums[FITTED:]]
    held = taken[FITTED:]
    return f"| {name} | {mape(told, held):.1%} | {spearman(told, held):.3f} |"


def measured(name: str, width: float, seconds: float) -> tuple[Calibration, list[str]]:
    """The calibration of a space, and a line for each way to predict."""
    space = fitted(Goal(space=str(load(name)), width=width))
    made = calibrate(space, threads=1, seconds=seconds)
    whole = drawn(space, FITTED + HELD_OUT)
    with Bench(threads=1, undisturbed=True) as bench:
        calls = [bench.network(each) for each in whole]
        makes = [lambda call=call: call for call in calls * 2]
        taken = bench.in_turns(makes, [1] * len(makes), seconds)
        alone = one_by_one(bench, whole, seconds / 3)
    known = [float(each) for each in taken if each is not None]
    if len(known) < len(makes):
        raise SystemExit(f"{name}: there was no time for all candidates; give more --seconds")
    known, again = known[: len(whole)], known[len(whole) :]
    guessed = replace(made, operations={})
    ways = {
        "the candidates, measured whole again": again,
        "MACs": [float(cost(each).macs) for each in whole],
        "operations: how many": [
            float(sum(len(r.steps) for r in runs(g).elements())) for g in whole
        ],
        "runs, estimated from work by kind": [guessed.sum(each) for each in whole],
        "each operation measured by itself": alone,
        "runs measured by themselves (`nas latency`)": [made.sum(each) for each in whole],
    }
    low, high = min(known), max(known)
    print(f"{name}, {low * 1e3:.2f} to {high * 1e3:.2f} ms: {len(made.operations)} distinct runs")
    counted, uncounted = speed(made, space)
    print(f"predicting takes {counted:.0f} us of CPU, {uncounted:.0f} us with counting")
    return made, [judged(way, sums, known) for way, sums in ways.items()]


def speed(made: Calibration, space: Space) -> tuple[float, float]:
    """Microseconds of CPU to predict a new candidate, once 500 others were: one that was counted
    already, and one that wasn't."""
    rng = np.random.default_rng(2)
    whole = [space.resolve(space.sample(rng)) for _ in range(900)]
    for each in whole[:500]:
        made.predict(each)
    uncounted = _each(made, whole[500:700])
    for each in whole[700:]:
        cost(each)
    return _each(made, whole[700:]), uncounted


def _each(made: Calibration, whole: list[Genotype]) -> float:
    before = time.process_time()
    for each in whole:
        made.predict(each)
    return (time.process_time() - before) / len(whole) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40, help="of a space's calibration")
    parser.add_argument("--spaces", nargs="+", default=SPACES, choices=SPACES)
    parser.add_argument("--width", type=float, default=WIDTH, help=f"default: {WIDTH}")
    args = parser.parse_args()
    print(f"torch {torch.__version__}, width {args.width}, {HELD_OUT} held-out candidates")
    for name in args.spaces:
        made, lines = measured(name, args.width, args.seconds)
        assert made.error is not None
        print(
            f"{made.setting.machine}, 1 thread; calibrating reported "
            f"{made.error.mape:.1%}, Spearman {made.error.spearman:.3f}"
        )
        print("| predicted from | MAPE | Spearman |", "| --- | ---: | ---: |", *lines, sep="\n")
        print()


if __name__ == "__main__":
    main()
