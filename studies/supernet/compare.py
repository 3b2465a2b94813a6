"""A supernet's scores beside those of networks trained by themselves, and what each search finds.

Everything measured is kept in --out: broken off, the same command goes on.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import kendalltau

import nas
from nas.data import load as load_data
from nas.evaluate import TrainEvaluator
from nas.evaluate.supernet import SupernetEvaluator
from nas.scaling import scale
from nas.space import Space, fit
from nas.space import load as load_space
from nas.trial import Job

WIDTH = 0.25
FINAL = (11, 12, 13, 14, 15)  # seeds of the networks that both searches end with, new to both
RANDOM = 100  # the seed of the draws, unless told
SHARE = 3  # of the supernet's cost, for random search


class Notes:
    """What was measured, by key: a line of JSON each, with its CPU seconds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.known: dict[str, Any] = dict(map(json.loads, lines))

    def __call__(self, key: str, measure: Callable[[], Any]) -> tuple[Any, float]:
        """The value of `key` and the CPU seconds it took, measured unless it is known."""
        if key not in self.known:
            began = time.process_time()
            value = measure()
            self.known[key] = value, time.process_time() - began
            with self.path.open("a") as file:
                print(json.dumps([key, self.known[key]]), file=file)
        value, seconds = self.known[key]
        return value, seconds


@dataclass(frozen=True)
class Bench:
    """The space, and what measures its candidates; figures are noted in `out`."""

    out: Path
    note: Notes
    whole: nas.Genotype
    data: str = "digits"

    @classmethod
    def at(cls, out: Path, name: str = "digits") -> Bench:
        """The bench whose notes lie in `out`, of one data set."""
        out.mkdir(parents=True, exist_ok=True)
        data = load_data(name)
        whole = fit(scale(load_space("mbconv"), width=WIDTH), data.shape, len(data.classes))
        return cls(out, Notes(out / "notes.jsonl"), whole, name)

    def supernet(self, seed: int, rule: str, epochs: int | None) -> SupernetEvaluator:
        """A supernet's evaluator, as `nas search --evaluator supernet` makes it by default."""
        return SupernetEvaluator(
            *(str(self.whole), self.out / f"{rule}{epochs or ''}-{seed}", self.data),
            epochs=epochs, rule=rule, seed=seed, device="cpu", threads=1,
        )  # fmt: skip

    def prepared(self, supernet: SupernetEvaluator) -> float:
        """CPU seconds of its training."""
        return self.note(f"training {supernet.folder.name}", supernet.prepare)[1]

    def scored(self, supernet: SupernetEvaluator, genotype: str) -> tuple[float, float]:
        """A candidate's accuracy by the supernet, and CPU seconds."""
        key = f"{supernet.folder.name} {genotype}"
        return self.note(key, lambda: figures(supernet, genotype)[0])

    def trained(self, genotype: str, seed: int, epochs: int | None = None) -> tuple[Any, float]:
        """A candidate's accuracies on validation and test split, trained by itself for the recipe's
        epochs or so many, and CPU seconds."""
        alone = TrainEvaluator(self.data, epochs=epochs, device="cpu", threads=1)
        key = f"alone {epochs or 'usual'} {seed} {genotype}"
        return self.note(key, lambda: figures(alone, genotype, seed))


def figures(evaluator: Any, genotype: str, seed: int = 0) -> tuple[float, float]:
    """Accuracy on the validation split, and on the test split."""
    with tempfile.TemporaryDirectory() as place:
        outcome = evaluator.evaluate(Job(0, genotype, seed), Path(place))
        tested = evaluator.test(genotype, Path(place) / "weights.safetensors")
    return float(outcome.figures["accuracy"]), float(tested["accuracy"])


def rank(bench: Bench, args: argparse.Namespace) -> None:
    """Print a line per candidate, and each supernet's rank correlation with training alone."""
    space, rng = Space(bench.whole), np.random.default_rng(args.draws)
    points = [space.sample(rng) for _ in range(args.candidates)]
    drawn = [space.resolve(point) for point in points]
    supernets = [bench.supernet(seed, args.rule, args.epochs) for seed in range(args.supernets)]
    seconds = [bench.prepared(each) for each in supernets]
    scores, truth = [], []
    for number, network in enumerate(drawn):
        text = str(network)
        scores.append([bench.scored(each, text)[0] for each in supernets])
        truth.append([bench.trained(text, each, args.alone)[0][0] for each in range(args.seeds)])
        shown = [" ".join(f"{each:.3f}" for each in row[-1]) for row in (scores, truth)]
        print(f"{number:3} {nas.cost(network).macs:11,}  {shown[0]}  {shown[1]}", flush=True)
    by_net, by_seed = np.array(scores).T, np.array(truth).T
    mean = by_seed.mean(0)
    for seed, (row, spent) in enumerate(zip(by_net, seconds, strict=True)):
        found = kendalltau(row, mean)
        print(
            f"supernet {seed}: {spent:.0f} CPU s, tau {found[0]:.3f} (p = {found[1]:.1g}); mean "
            f"accuracy by supernet {row.mean():.3f}, alone {mean.mean():.3f}"
        )
    macs = kendalltau([nas.cost(each).macs for each in drawn], mean)[0]
    lacking = kendalltau([-unskipped(point) for point in points], mean)[0]
    print(
        f"without a supernet: tau of MACs {macs:.3f}, of fewer blocks without a skip {lacking:.3f}"
    )
    pairs = [kendalltau(a, b)[0] for a, b in combinations(by_seed, 2)]
    if pairs:
        print(f"tau of one seed's training alone with another's {np.mean(pairs):.3f}")


def unskipped(point: dict[str, Any]) -> int:
    """How many blocks would add their input, but for a `skip` that is off."""
    off = [key.removesuffix("skip") for key, on in point.items() if key.endswith("skip") and not on]
    return sum(point[f"{stage}repeats"] - 1 for stage in off)


def by_supernet(bench: Bench, seed: int, args: argparse.Namespace) -> tuple[str, float]:
    """The network that a search by a supernet finds, and its whole cost in CPU seconds.

    Two thirds of the candidates are drawn, the others are mutants of the ten best so far; the best
    by score are trained by themselves, and of these the best on the validation split is it.
    """
    supernet, space = bench.supernet(seed, args.rule, args.epochs), Space(bench.whole)
    cost, rng = bench.prepared(supernet), np.random.default_rng(seed)
    pool: dict[str, tuple[float, Any]] = {}
    while len(pool) < args.scored:
        if len(pool) < args.scored * 2 / 3:
            point = space.sample(rng)
        else:
            best = sorted(pool.values(), key=lambda each: -each[0])[:10]
            point = space.mutate(best[int(rng.integers(len(best)))][1], rng)
        text = str(space.resolve(point))
        if text not in pool:
            score, seconds = bench.scored(supernet, text)
            pool[text] = score, point
            cost += seconds
    survivors = sorted(pool, key=lambda each: -pool[each][0])[: args.survivors]
    found = {text: bench.trained(text, 0, args.alone) for text in survivors}
    cost += sum(seconds for _, seconds in found.values())
    return max(found, key=lambda text: found[text][0][0]), cost


def at_random(
    bench: Bench, seed: int, budget: float, args: argparse.Namespace
) -> tuple[str, float, int]:
    """The best on the validation split of random networks trained one after the other for so many
    CPU seconds; these, and how many there were."""
    space, rng = Space(bench.whole), np.random.default_rng(args.draws + seed)
    spent, tried = 0.0, dict[str, float]()
    while spent < budget:
        text = str(space.resolve(space.sample(rng)))
        (tried[text], _), seconds = bench.trained(text, 0, args.alone)
        spent += seconds
    return max(tried, key=lambda each: tried[each]), spent, len(tried)


def search(bench: Bench, args: argparse.Namespace) -> None:
    """Print what each pair of searches found, and what that reaches trained anew."""
    gains = []
    for seed in range(args.supernets):
        found, cost = by_supernet(bench, seed, args)
        rival, spent, count = at_random(bench, seed, SHARE * cost, args)
        means = []
        for name, text, seconds, of in (
            ("by supernet", found, cost, args.scored),
            ("at random", rival, spent, count),
        ):
            tests = [bench.trained(text, final, args.alone)[0][1] for final in FINAL]
            means.append(float(np.mean(tests)))
            print(
                f"{seed} {name:11}: {of} candidates, {seconds:.0f} CPU s, "
                f"{nas.cost(nas.parse(text)).macs:,} MACs; trained anew {means[-1]:.4f} of the "
                f"test images ({', '.join(f'{each:.4f}' for each in tests)})",
                flush=True,
            )
        gains.append(means[0] - means[1])
    print(f"supernet's less random's: {np.mean(gains):+.4f}", end="")
    error = np.std(gains, ddof=1) / len(gains) ** 0.5 if len(gains) > 1 else None
    print("" if error is None else f", standard error {error:.4f}")


def main() -> None:
    """Print how the supernets rank fresh candidates, and what the searches find."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("rank", "search"))
    parser.add_argument("--data", default="digits")
    parser.add_argument("--rule", default="single")
    parser.add_argument("--epochs", type=int, help="of the supernet (default: the evaluator's)")
    parser.add_argument("--supernets", type=int, default=3, help="seeds, from 0")
    parser.add_argument(
        "--draws", type=int, default=RANDOM, help="seed of what is ranked, or searched at random"
    )
    parser.add_argument("--candidates", type=int, default=20)
    parser.add_argument("--alone", type=int, help="epochs of a training by itself (the recipe's)")
    parser.add_argument("--seeds", type=int, default=2, help="of the trainings by themselves")
    parser.add_argument("--scored", type=int, default=100, help="candidates of a search")
    parser.add_argument("--survivors", type=int, default=10, help="of them, trained")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    bench = Bench.at(args.out, args.data)
    (rank if args.what == "rank" else search)(bench, args)


if __name__ == "__main__":
    main()
