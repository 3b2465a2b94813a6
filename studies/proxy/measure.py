"""How far one short training can be trusted: candidates trained twice, with two seeds each."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau

import nas
from nas.data import load as load_data
from nas.evaluate import TrainEvaluator
from nas.scaling import scale
from nas.space import Space, fit
from nas.space import load as load_space
from nas.trial import Job, Kind


def main() -> None:
    """Print one line per candidate, then the spread between candidates and between seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="proxy")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--candidates", type=int, default=12)
    parser.add_argument("--threads", type=int)
    args = parser.parse_args()

    data = load_data("digits")
    whole = fit(load_space("mbconv"), data.shape, len(data.classes))
    space, draw = Space(scale(whole, width=args.width)), np.random.default_rng(0)
    evaluator = TrainEvaluator("digits", args.recipe, args.epochs, "cpu", args.threads)
    scores, seconds = [], []
    for number in range(args.candidates):
        genotype = space.resolve(space.sample(draw))
        cost, pair = nas.cost(genotype), []
        for seed in (0, 1):
            with tempfile.TemporaryDirectory() as folder:
                outcome = evaluator.evaluate(Job(number, str(genotype), seed), Path(folder))
            assert outcome.kind == Kind.COMPLETE, outcome
            pair.append(outcome.figures["accuracy"])
            seconds.append(outcome.seconds)
        scores.append(pair)
        print(
            f"{number:3} {cost.params:9,} {cost.macs:11,} {pair[0]:.3f} {pair[1]:.3f}", flush=True
        )
    table = np.array(scores)
    print(
        f"seconds: median {np.median(seconds):.2f}, longest {max(seconds):.2f}\n"
        f"accuracy: mean {table.mean():.3f}, from {table.min():.3f} to {table.max():.3f}\n"
        f"standard deviation: {table.mean(1).std(ddof=1):.3f} between candidates, "
        f"{np.sqrt(((table[:, 0] - table[:, 1]) ** 2).mean() / 2):.3f} between seeds\n"
        f"Kendall's tau between the seeds: {kendalltau(table[:, 0], table[:, 1])[0]:.2f}"
    )


if __name__ == "__main__":
    main()
