"""Search quality on NAS-Bench-201: the true accuracy of what each sampler would report.

    python studies/nas_bench_201/quality.py --data cifar10  --seeds 50      # for tuning
    python studies/nas_bench_201/quality.py --data cifar100 --seeds 200     # reported once

Each query shows one noisy training run of 200 epochs; reported is the mean test accuracy (up to
three runs) of the incumbent after 50, 100 and 200 queries, averaged over seeds, and of the best by
predicted mean where a sampler predicts. The table is read from the folder in NAS_BENCH_DATA.

A sampler is named as for `nas search --sampler`. With `+repeats` behind the name, a network that
was tried before may be drawn and queried again, as in the papers' plain algorithms.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import time
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
from searching import queries

from nas.genotype import Genotype, parse
from nas.search.candidates import Candidate, Candidates
from nas.search.card import cards
from nas.search.samplers import make
from nas.search.scores import Measure, Scores
from nas.space import Space, load
from nas.zoo.nas_bench_201 import OPERATIONS, notation

QUERIES = (50, 100, 200)
COLUMNS = {"cifar10": "c10_test_200ep", "cifar100": "c100_test_200ep"}
SAMPLERS = (
    "random",
    "local",
    "evolution",
    "evolution:population=50,sample=10",
    "evolution:population=50,sample=10+repeats",
    "predictor",
)


class Cells(Space):
    """The space, with what was worked out for one seed kept for the next."""

    def resolve(self, point):
        return _resolved(tuple(point.values()), tuple(point))

    def features(self, point, network):
        return _features(tuple(point.values()), tuple(point))


SPACE = Cells(load("nas_bench_201"))


@cache
def _resolved(options: tuple, keys: tuple) -> Genotype:
    return Space.resolve(SPACE, dict(zip(keys, options, strict=True)))


@cache
def _features(options: tuple, keys: tuple):
    return Space.features(SPACE, dict(zip(keys, options, strict=True)), _resolved(options, keys))


_card = cache(cards())


@cache
def _digits(network: Genotype) -> str:
    """A cell as the table writes it: a digit for each edge."""
    order = list(OPERATIONS)
    names = [part.partition("~")[0] for part in notation(network).split("|") if "~" in part]
    return "".join(str(order.index(name)) for name in names)


def column(name: str) -> dict[str, float]:
    """A column of the table, by cell."""
    path = Path(os.environ.get("NAS_BENCH_DATA", "../shared/data")) / "nas_bench_201.csv.gz"
    with gzip.open(path, "rt") as file:
        return {row["ops"]: float(row[name]) for row in csv.DictReader(file)}


def table(data: str) -> dict[str, tuple[float, float]]:
    """For each cell (one run's accuracy, the mean of up to three), in percent."""
    one, mean = column(f"{COLUMNS[data]}_1run"), column(COLUMNS[data])
    return {cell: (one[cell], mean[cell]) for cell in one}


def known_scores(names: Sequence[str]) -> Scores:
    """Scores by proxies, of the file that `scores.py` writes."""
    with (Path(__file__).parent / "results" / "scores.csv").open() as file:
        rows = {row["hash"]: row for row in csv.DictReader(file)}

    def of(name: str) -> Measure:
        return lambda genotype: float(rows[_card(parse(genotype)).hash][name])

    return Scores({name: of(name) for name in names})


def search(
    sampler: str,
    seed: int,
    accuracies: Mapping[str, tuple[float, float]],
    workers: int = 1,
    scores: Scores | None = None,
) -> Sequence[float]:
    """Mean accuracy of the incumbent after each number of queries, then of the best by predicted
    mean (nan where nothing is predicted)."""
    name, _, repeats = sampler.partition("+")
    made = make(name, Candidates(SPACE, describe=_card, scores=scores), seed)

    def evaluate(candidate: Candidate, number: int) -> tuple[float]:
        return (accuracies[_digits(candidate.network)][0],)

    best, incumbents, believed = (-1.0, 0.0), [], []
    finished = queries(made, evaluate, workers=workers, repeats=bool(repeats))
    for done, (study, asked, number) in enumerate(islice(finished, max(QUERIES)), 1):
        best = max(best, accuracies[_digits(asked[number].network)])
        if done in QUERIES:
            incumbents.append(best[1])
            one = made.believed(study)
            believed.append(accuracies[_digits(asked[one[0]].network)][1] if one else np.nan)
    return incumbents + believed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", choices=tuple(COLUMNS), default="cifar10")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--samplers", nargs="+", default=SAMPLERS)
    parser.add_argument("--workers", type=int, default=1, help="queries at a time")
    parser.add_argument(
        "--features", help="proxies whose scores the predictor learns from, of results/scores.csv"
    )
    args = parser.parse_args()
    accuracies = table(args.data)
    scores = known_scores(args.features.split(",")) if args.features else None
    print(
        f"{args.data}, {args.seeds} seeds, {args.workers} at a time, one noisy run a query; mean "
        f"accuracy after {QUERIES} queries, percent",
        flush=True,
    )
    for sampler in args.samplers:
        start = time.process_time()
        found = np.array(
            [search(sampler, seed, accuracies, args.workers, scores) for seed in range(args.seeds)]
        )
        each = (time.process_time() - start) / args.seeds / max(QUERIES) * 1e3
        _show(sampler, found[:, : len(QUERIES)], f"({each:.1f} ms CPU a query)")
        if not np.isnan(found).any():
            _show(f"{sampler}, by predicted mean", found[:, len(QUERIES) :])


def _show(name: str, found: np.ndarray, note: str = "") -> None:
    error = found.std(0) / np.sqrt(len(found))
    cells = "  ".join(f"{m:.2f} +- {e:.2f}" for m, e in zip(found.mean(0), error, strict=True))
    print(f"{name:42}  {cells}   {note}", flush=True)


if __name__ == "__main__":
    main()
