"""What a parent's weights are worth to its mutants: one epoch with them and without.

    python studies/inherit/children.py [--parents 4] [--children 4]

Networks of a small space are drawn, trained on the digits, and mutated by one decision each. A
mutant is scored before any training with its parent's weights, then after one epoch with them,
after one epoch from scratch and after four. Accuracies are of the validation split.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import torch

import nas
from nas.compiler.morph import inherit
from nas.data import load
from nas.space import Space
from nas.train import Recipe, fit
from nas.train.score import Score

SPACE = (
    "image(1, 16, 16) >> conv(choice(8, 12, 16), 3, stride=2, act='silu') "
    ">> mbconv(choice(12, 16, 24), choice(3, 5), expand=choice(2, 3, 4)) * choice(1, 2, 3) @ 's1' "
    ">> mbconv(choice(24, 32, 40), choice(3, 5), stride=2, expand=choice(2, 3, 4), "
    "se=choice(0, 0.25)) * choice(1, 2, 3) @ 's2' >> conv(64, 1, act='silu') >> classifier(10)"
)
COLUMNS = ("parent", "untrained", "1 epoch", "1 from scratch", "4 from scratch")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parents", type=int, default=4)
    parser.add_argument("--children", type=int, default=4, help="of each parent")
    args = parser.parse_args()
    torch.set_num_threads(1)
    data, recipe = load("digits").resized(16, 16), Recipe.load("proxy")
    split = data.train()
    images = (split.images[:256].float() / 255 - data.mean[0]) / data.std[0]
    space, rng = Space(nas.parse(SPACE)), np.random.default_rng(0)
    began = time.process_time()

    def trained(network, epochs, seed, parent=None):
        model = nas.compile(network, seed=seed, zero_gamma=True)
        found = inherit(model, parent, images) if parent is not None else None
        before = Score.of(model, data, data.validation()).top1
        fit(model, data, recipe, epochs=epochs, seed=seed)
        return model, before, Score.of(model, data, data.validation()).top1, found

    rows: dict[bool, list[tuple[float, ...]]] = {True: [], False: []}
    print("  ".join(f"{name:>14}" for name in COLUMNS) + "  edit")
    for number in range(args.parents):
        point = space.sample(rng)
        parent, _, accuracy, _ = trained(space.resolve(point), 4, number)
        for seed in range(100 + number * args.children, 100 + (number + 1) * args.children):
            other = space.mutate(point, rng)
            network = space.resolve(other)
            _, before, after, found = trained(network, 1, seed, parent)
            scratch = [trained(network, epochs, seed)[2] for epochs in (1, 4)]
            rows[found.preserving].append((accuracy, before, after, *scratch))
            edit = next(f"{k} {point.get(k)} -> {v}" for k, v in other.items() if point.get(k) != v)
            kept = "" if found.preserving else " (another function)"
            shown = "  ".join(f"{each:>14.4f}" for each in (accuracy, before, after, *scratch))
            print(f"{shown}  {edit}{kept}", flush=True)
    for preserving, name in ((True, "same function"), (False, "another function")):
        if rows[preserving]:
            means = [statistics.mean(column) for column in zip(*rows[preserving], strict=True)]
            shown = "  ".join(f"{each:>14.4f}" for each in means)
            print(f"{shown}  mean of {len(rows[preserving])}, {name}")
    print(f"{time.process_time() - began:.0f} s of processor time")


if __name__ == "__main__":
    main()
