"""Ten labels a class: supervised training, Noisy Student and Meta Pseudo Labels side by side.

    python studies/semi_supervised/compare.py [--data digits] [--labels 10] [--seeds 5]

All three train the same genotype with the same recipe, for as many steps and as many labelled
images a step; they differ in what they do with the images whose labels they may not see. Reported
is the accuracy on the test split, which none of them sees.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch

import nas
from nas.data import load
from nas.train.augment import Augmentation
from nas.train.recipe import Recipe
from nas.train.score import Score
from nas.train.semi import (
    MetaPseudoLabels,
    NoisyStudent,
    few_labels,
    meta_pseudo_labels,
    noisy_student,
    supervised,
)

SIDE = 16  # pixels
NETWORK = "conv(16, 3) >> conv(32, 3, stride=2) >> conv(32, 3) >> conv(64, 3, stride=2)"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", default="digits")
    parser.add_argument("--labels", type=int, default=10, help="a class")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--unlabelled", type=int, default=5000, help="at most")
    args = parser.parse_args()
    torch.set_num_threads(1)
    data = load(args.data).resized(SIDE, SIDE)
    recipe = Recipe.load("few-labels")
    strong = Augmentation(cutout=SIDE // 4)
    text = f"image({data.shape[0]}, {SIDE}, {SIDE}) >> {NETWORK} >> classifier({len(data.classes)})"
    genotype, test = nas.parse(text), data.test()
    print(
        f"{data.name}, {args.labels} labels a class, {args.steps} steps of {recipe.batch} labelled "
        f"images, {genotype}"
    )
    found: dict[str, list[float]] = {}
    for seed in range(args.seeds):
        labelled, rest = few_labels(data.train(), args.labels, seed)
        rest = type(rest)(rest.images[: args.unlabelled], rest.labels[: args.unlabelled])

        def network(number: int = 0, seed: int = seed) -> torch.nn.Module:
            return nas.compile(genotype, seed=100 * seed + number)

        def plain(seed: int = seed, labelled=labelled) -> torch.nn.Module:
            model = network(seed=seed)
            supervised(
                model, data, labelled, recipe, steps=args.steps, seed=seed, augmentation=strong
            )
            return model

        def noisy(seed: int = seed, labelled=labelled, rest=rest) -> torch.nn.Module:
            networks = [network(i, seed) for i in range(3)]
            settings = NoisyStudent(steps=args.steps)
            return noisy_student(
                networks, data, labelled, rest, recipe, settings, noise=strong, seed=seed
            )

        def meta(seed: int = seed, labelled=labelled, rest=rest) -> torch.nn.Module:
            teacher, student = network(1, seed), network(0, seed)
            settings = MetaPseudoLabels(steps=args.steps)
            meta_pseudo_labels(
                teacher, student, data, labelled, rest, recipe, settings, strong=strong, seed=seed
            )
            return student

        ways = {"supervised": plain, "noisy student": noisy, "meta pseudo labels": meta}
        for name, way in ways.items():
            start = time.process_time()
            accuracy = 100 * Score.of(way(), data, test).top1
            found.setdefault(name, []).append(accuracy)
            spent = time.process_time() - start
            print(f"  seed {seed}  {name:18}  {accuracy:.2f} %  ({spent:.0f} s CPU)", flush=True)
    for name, values in found.items():
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        print(f"{name:18}  mean {statistics.mean(values):.2f} %  (deviation {spread:.2f})")


if __name__ == "__main__":
    main()
