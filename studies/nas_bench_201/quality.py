"""Search quality on NAS-Bench-201: the true accuracy of what each sampler would report.

    python studies/nas_bench_201/quality.py --data cifar10  --seeds 50      # for tuning
    python studies/nas_bench_201/quality.py --data cifar100 --seeds 200     # reported once

Each query shows one noisy training run of 200 epochs; reported is the mean test accuracy (up to
three runs) of the incumbent after 50, 100 and 200 queries, averaged over seeds. The table is read
from the folder in NAS_BENCH_DATA.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import time
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import optuna

from nas.genotype import Genotype
from nas.search.candidates import Candidates, card
from nas.search.samplers import make
from nas.space import Space, load
from nas.zoo.nas_bench_201 import OPERATIONS, notation

QUERIES = (50, 100, 200)
COLUMNS = {"cifar10": "c10_test_200ep", "cifar100": "c100_test_200ep"}


class Cells(Space):
    """The space, with what was worked out for one seed kept for the next."""

    def resolve(self, point):
        return _resolved(frozenset(point.items()))

    def features(self, point, network):
        return _features(frozenset(point.items()))

    def mutate(self, point, rng):
        """As any space's, without walking the expression: every decision is always active."""
        decision = self.decisions[rng.integers(len(self.decisions))]
        others = [option for option in decision.options if option != point[decision.key]]
        return {**point, decision.key: others[rng.integers(len(others))]}

    def sample(self, rng):
        return {each.key: each.options[rng.integers(len(each.options))] for each in self.decisions}


SPACE = Cells(load("nas_bench_201"))


@cache
def _resolved(point: frozenset) -> Genotype:
    return Space.resolve(SPACE, dict(point))


@cache
def _features(point: frozenset):
    return Space.features(SPACE, dict(point), _resolved(point))


_card = lru_cache(maxsize=None)(card)


@cache
def _digits(network: Genotype) -> str:
    """A cell as the table writes it: a digit for each edge."""
    order = list(OPERATIONS)
    names = [part.partition("~")[0] for part in notation(network).split("|") if "~" in part]
    return "".join(str(order.index(name)) for name in names)


def table(data: str) -> dict[str, tuple[float, float]]:
    """For each cell (one run's accuracy, the mean of up to three), in percent."""
    path = Path(os.environ.get("NAS_BENCH_DATA", "../shared/data")) / "nas_bench_201.csv.gz"
    column = COLUMNS[data]
    with gzip.open(path, "rt") as file:
        return {
            row["ops"]: (float(row[f"{column}_1run"]), float(row[column]))
            for row in csv.DictReader(file)
        }


def search(sampler: str, seed: int, accuracies: dict[str, tuple[float, float]]) -> list[float]:
    """The incumbent's mean accuracy after each number of queries."""
    candidates = Candidates(SPACE, describe=_card)
    study = optuna.create_study(direction="maximize", sampler=make(sampler, candidates, seed))
    best, reported = (-1.0, 0.0), []
    for number in range(max(QUERIES)):
        trial = study.ask()
        point = trial.relative_params
        for decision in SPACE.decisions:
            trial.suggest_categorical(decision.key, decision.options)
        candidate = candidates.at(point)
        candidates.seen[candidate.card.hash] = number
        seen, true = accuracies[_digits(candidate.network)]
        study.tell(trial, seen)
        best = max(best, (seen, true))
        if number + 1 in QUERIES:
            reported.append(best[1])
    return reported


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", choices=tuple(COLUMNS), default="cifar10")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--samplers", default="random,evolution,local,predictor")
    args = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    accuracies = table(args.data)
    print(
        f"{args.data}, {args.seeds} seeds, one noisy run a query; "
        "mean accuracy of the incumbent after 50, 100, 200 queries, percent"
    )
    for sampler in args.samplers.split(","):
        start = time.process_time()
        found = np.array([search(sampler, seed, accuracies) for seed in range(args.seeds)])
        each = (time.process_time() - start) / args.seeds / max(QUERIES) * 1e3
        error = found.std(0) / np.sqrt(args.seeds)
        cells = "  ".join(f"{m:.2f} +- {e:.2f}" for m, e in zip(found.mean(0), error, strict=True))
        print(f"{sampler:10}  {cells}   ({each:.1f} ms CPU a query)", flush=True)


if __name__ == "__main__":
    main()
