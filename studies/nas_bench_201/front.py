"""Fronts on NAS-Bench-201: the hypervolume of what each sampler would report, of accuracy and MACs.

    python studies/nas_bench_201/front.py --data cifar10  --seeds 20      # for tuning
    python studies/nas_bench_201/front.py --data cifar100 --seeds 20      # reported once

Each query shows one noisy training run of 200 epochs, and the MACs. Reported is the front of what
was seen after 50, 100 and 200 queries, at its true (mean) accuracies: the share that its
hypervolume has of the whole space's, averaged over seeds; and so of the front by predicted means,
where a sampler predicts. Hypervolume is measured from no accuracy and the space's largest MACs, as
`nas search --objectives accuracy,macs` does. The table is read from the folder in NAS_BENCH_DATA.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import numpy as np
from quality import COLUMNS, QUERIES, SPACE, _card, _digits, _show, table
from searching import queries

from nas.search.candidates import Candidate, Candidates
from nas.search.front import Front
from nas.search.hypervolume import volume
from nas.search.samplers import make

SAMPLERS = ("random", "nsga2", "evolution", "local", "predictor")
ENDS = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))  # of a cell's edges
HEAD = 640  # MACs of the classifier
STEM = 7_782_400  # of all else but the cells
EACH = {"2": 3_932_160, "3": 35_389_440}  # of an edge, in the 15 cells together


def share(points: Iterable[tuple[float, float]], largest: float, whole: float = 1.0) -> float:
    """Hypervolume of (accuracy in percent, MACs), of the `whole`."""
    return volume([(accuracy / 100, 1 - macs / largest) for accuracy, macs in points]) / whole


def search(
    sampler: str,
    seed: int,
    accuracies: Mapping[str, tuple[float, float]],
    largest: float,
    whole: float,
    workers: int = 1,
    shown: Sequence[int] = QUERIES,
) -> Sequence[float]:
    """The share after each number of queries, then that of the front by predicted means (nan where
    nothing is predicted)."""
    made = make(sampler, Candidates(SPACE, describe=_card), seed)
    made.counted = (None, "macs")

    def evaluate(candidate: Candidate, number: int) -> tuple[float, float]:
        return accuracies[_digits(candidate.network)][0], float(candidate.card.macs)

    def true(candidate: Candidate) -> tuple[float, float]:
        return accuracies[_digits(candidate.network)][1], float(candidate.card.macs)

    front: Front[Candidate] = Front()
    found, believed = [], []
    finished = queries(made, evaluate, ("maximize", "minimize"), workers)
    for done, (study, asked, number) in enumerate(islice(finished, max(shown)), 1):
        seen, macs = evaluate(asked[number], number)
        front.add((seen, -macs), asked[number])
        if done in shown:
            found.append(share(map(true, front.members), largest, whole))
            chosen = made.believed(study)
            said = share((true(asked[each]) for each in chosen), largest, whole)
            believed.append(said if chosen else np.nan)
    return found + believed


def macs(digits: str) -> int:
    """MACs of a cell's network, as we count it: of edges that lie on a way from input to output."""
    edges = [edge for edge, each in zip(ENDS, digits, strict=True) if each != "0"]
    reached, needed = {0}, {3}
    for source, target in sorted(edges):
        if source in reached:
            reached.add(target)
    for source, target in sorted(edges, reverse=True):
        if target in needed:
            needed.add(source)
    alive = (
        each
        for (source, target), each in zip(ENDS, digits, strict=True)
        if source in reached and target in needed
    )
    stem = STEM if 3 in reached else 0
    return HEAD + stem + sum(EACH.get(each, 0) for each in alive)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", choices=tuple(COLUMNS), default="cifar10")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--samplers", nargs="+", default=SAMPLERS)
    parser.add_argument("--queries", nargs="+", type=int, default=QUERIES)
    parser.add_argument("--workers", type=int, default=1, help="queries at a time")
    args = parser.parse_args()
    accuracies = table(args.data)
    points = [(mean, float(macs(digits))) for digits, (_, mean) in accuracies.items()]
    largest = max(point[1] for point in points)
    whole = share(points, largest)
    print(
        f"{args.data}, {args.seeds} seeds, {args.workers} at a time, one noisy run a query; "
        f"hypervolume of accuracy and MACs after {args.queries} queries, percent of the whole's "
        f"({whole:.4f} of the box to {largest / 1e6:.1f}M MACs)",
        flush=True,
    )
    for sampler in args.samplers:
        start = time.process_time()
        found = 100 * np.array(
            [
                search(sampler, seed, accuracies, largest, whole, args.workers, args.queries)
                for seed in range(args.seeds)
            ]
        )
        each = (time.process_time() - start) / args.seeds / max(args.queries) * 1e3
        _show(sampler, found[:, : len(args.queries)], f"({each:.1f} ms CPU a query)")
        if not np.isnan(found).any():
            _show(f"{sampler}, by predicted means", found[:, len(args.queries) :])


if __name__ == "__main__":
    main()
