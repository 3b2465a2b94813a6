"""A supernet's scores beside those of networks trained by themselves, and what each search finds.

Everything measured is kept in --out: broken off, the same command goes on.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import kendalltau

import nas
from nas.data import load as load_data
from nas.evaluate import TrainEvaluator
from nas.evaluate.supernet import SUPERNET, SupernetEvaluator
from nas.scaling import scale
from nas.space import Space, fit
from nas.space import load as load_space
from nas.trial import Job

FINAL = (11, 12, 13)  # seeds of the networks that both searches end with, new to both


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


def main() -> None:
    """Print a line per candidate, their rank correlation, and the two searches' networks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--rule", default="sandwich")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--candidates", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--scored", type=int, default=60, help="candidates of the search")
    parser.add_argument("--only-ranking", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    args.out.mkdir(parents=True, exist_ok=True)
    note, data = Notes(args.out / "notes.jsonl"), load_data(args.data)
    whole = fit(scale(load_space("mbconv"), width=args.width), data.shape, len(data.classes))
    space, rng = Space(whole), np.random.default_rng(0)
    folder = args.out / f"{args.rule}{args.epochs}"
    supernet = SupernetEvaluator(
        *(str(whole), folder, args.data), epochs=args.epochs, rule=args.rule, device="cpu",
        threads=1,
    )  # fmt: skip
    alone = TrainEvaluator(args.data, device="cpu", threads=1)
    drawn = [space.sample(rng) for _ in range(args.candidates)]

    def figures(evaluator: Any, genotype: str, seed: int = 0, test: bool = False) -> float:
        with tempfile.TemporaryDirectory() as place:
            outcome = evaluator.evaluate(Job(0, genotype, seed), Path(place))
            if test:
                weights = Path(place) / "weights.safetensors"
                return float(evaluator.test(genotype, weights)["accuracy"])
        return float(outcome.figures["accuracy"])

    def scored(genotype: str) -> tuple[float, float]:
        key = f"{args.rule}{args.epochs} {genotype}"
        return note(key, lambda: figures(supernet, genotype))

    def trained(genotype: str, seed: int) -> tuple[float, float]:
        return note(f"alone {seed} {genotype}", lambda: figures(alone, genotype, seed))

    _, training = note(f"training {args.rule}{args.epochs}", supernet.prepare)
    assert (folder / SUPERNET).exists()
    columns = []
    for number, point in enumerate(drawn):
        network = space.resolve(point)
        score = scored(str(network))[0]
        own = [trained(str(network), seed)[0] for seed in range(args.seeds)]
        columns.append((score, float(np.mean(own)), nas.cost(network).macs))
        shown = " ".join(f"{each:.3f}" for each in own)
        print(f"{number:3} {columns[-1][2]:11,} {score:.3f} {shown}", flush=True)
    scores, means, macs = np.array(columns).T
    tau = kendalltau(scores, means)
    print(
        f"supernet: {args.rule}, {args.epochs} epochs, {training:.0f} CPU s\n"
        f"Kendall's tau with training alone, {args.seeds} seeds: {tau[0]:.3f} (p = {tau[1]:.4f}); "
        f"of MACs alone {kendalltau(macs, means)[0]:.3f}"
    )
    if args.only_ranking:
        return

    # Two thirds drawn, then mutants of the ten best so far.
    pool: dict[str, tuple[float, Any]] = {}
    cost, rng = training, np.random.default_rng(1)
    while len(pool) < args.scored:
        if len(pool) < args.scored * 2 / 3:
            point = space.sample(rng)
        else:
            best = sorted(pool.values(), key=lambda each: -each[0])[:10]
            point = space.mutate(best[int(rng.integers(10))][1], rng)
        text = str(space.resolve(point))
        score, seconds = scored(text)
        cost += 0 if text in pool else seconds
        pool[text] = score, point
    found = max(pool, key=lambda each: pool[each][0])

    spent, tried, rng = 0.0, dict[str, float](), np.random.default_rng(0)
    while spent < 3 * cost:
        text = str(space.resolve(space.sample(rng)))
        tried[text], seconds = trained(text, 0)
        spent += seconds
    rival = max(tried, key=lambda each: tried[each])

    for name, text, at, of in (
        ("by supernet", found, cost, len(pool)),
        ("at random", rival, spent, len(tried)),
    ):
        ends = [
            note(f"test {seed} {text}", lambda s=seed, t=text: figures(alone, t, s, True))[0]
            for seed in FINAL
        ]
        print(
            f"{name}: {of} candidates, {at:.0f} CPU s; its network has "
            f"{nas.cost(nas.parse(text)).macs:,} MACs, trained anew {np.mean(ends):.4f} of the "
            f"test images ({', '.join(f'{each:.4f}' for each in ends)})"
        )


if __name__ == "__main__":
    main()
