"""Samplers on objectives drawn at random over the decisions of real macro spaces.

    python studies/macro_spaces/drawn.py --space mbconv_layerwise --seeds 8

Each seed draws an objective: every option of every decision has an effect (normal, its size from a
gamma distribution, so that some decisions matter and some don't), and each decision interacts with
two others drawn at random (half as strongly). Decisions that a candidate hasn't got have none. In
units of the standard deviation of random candidates, a query adds noise of 0.3; reported is the
value without noise of the incumbent after 30, 60 and 100 queries, averaged over seeds. Variants
of the predictor were tried on a draft of this with the first eight seeds of mbconv_layerwise; it
stayed as it was. Other spaces and seeds from 100 on (`--first 100`) were looked at once.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "nas_bench_201"))

from searching import queries

from nas.search.candidates import Candidate, Candidates
from nas.search.samplers import make
from nas.space import Space, load

QUERIES = (30, 60, 100)
NOISE = 0.3
PAIRED = 0.5


def objective(space: Space, seed: int) -> Callable[[Mapping[str, object]], float]:
    """A random function of points, of mean 0 and deviation 1 over random ones."""
    rng = np.random.default_rng([77, seed])
    decisions = space.decisions
    place = {each.key: {o: i for i, o in enumerate(each.options)} for each in decisions}
    own = {each.key: rng.normal(size=len(each.options)) * rng.gamma(1.0) for each in decisions}
    pairs = []
    for one in decisions:
        for other in (decisions[rng.integers(len(decisions))] for _ in range(2)):
            if other is not one:
                shape = len(one.options), len(other.options)
                pairs.append((one.key, other.key, PAIRED * rng.normal(size=shape)))

    def value(point: Mapping[str, object]) -> float:
        at = {key: place[key][option] for key, option in point.items()}
        alone = sum(own[key][index] for key, index in at.items())
        return alone + sum(t[at[a], at[b]] for a, b, t in pairs if a in at and b in at)

    draw = np.random.default_rng(5)
    usual = [value(space.sample(draw)) for _ in range(400)]
    mean, deviation = np.mean(usual), np.std(usual)
    return lambda point: float((value(point) - mean) / deviation)


def search(name: str, space: Space, seed: int) -> list[float]:
    """The true value of the incumbent after each number of queries."""
    value = objective(space, seed)
    noise = np.random.default_rng([seed, 9])
    seen: dict[int, float] = {}

    def evaluate(candidate: Candidate, number: int) -> tuple[float]:
        seen[number] = value(candidate.point) + NOISE * noise.normal()
        return (seen[number],)

    found: list[float] = []
    finished = queries(make(name, Candidates(space), seed), evaluate)
    for done, (_, asked, _) in enumerate(islice(finished, max(QUERIES)), 1):
        if done in QUERIES:
            best = max(seen, key=lambda number: seen[number])
            found.append(value(asked[best].point))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--space", default="mbconv_layerwise")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument(
        "--samplers", nargs="+", default=["random", "local", "evolution", "predictor"]
    )
    args = parser.parse_args()
    space = Space(load(args.space))
    seeds = range(args.first, args.first + args.seeds)
    print(
        f"{args.space}, seeds {seeds[0]} to {seeds[-1]}: "
        f"the incumbent's value after {QUERIES} queries"
    )
    for name in args.samplers:
        start = time.process_time()
        found = np.array([search(name, space, seed) for seed in seeds])
        each = (time.process_time() - start) / args.seeds / max(QUERIES) * 1e3
        error = found.std(0) / np.sqrt(args.seeds)
        cells = "  ".join(f"{m:.2f} +- {e:.2f}" for m, e in zip(found.mean(0), error, strict=True))
        print(f"{name:10} {cells}   ({each:.1f} ms CPU a query)", flush=True)


if __name__ == "__main__":
    main()
