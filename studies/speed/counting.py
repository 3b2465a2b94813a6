"""Counting EfficientNet-B0 from its genotype against building it with timm and running thop."""

from __future__ import annotations

import itertools
import random
import sys
import time
import warnings
from collections.abc import Callable

import torch
from abba import compare, ratio, spread
from peers import thop, timm

import nas
from nas.genotype.normal import normal
from nas.genotype.recording import recorded

ROUNDS = 5
B0 = str(nas.genotype("efficientnet_b0"))


def forget_networks() -> None:
    """The caches keyed by a whole genotype: with them a second count would be a look-up."""
    recorded.cache_clear()
    normal.cache_clear()


def forget_all() -> None:
    """Every cache of nas but its registries, which only say what was imported."""
    for name, module in list(sys.modules.items()):
        if name.startswith("nas.") and not name.startswith(("nas.blocks", "nas.zoo")):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def mutants(count: int) -> list[nas.Genotype]:
    """B0 with two fields changed, all different: what an evolution counts."""
    draw = random.Random(0)
    lines, found = B0.splitlines(), dict[nas.Genotype, None]()
    while len(found) < count:
        text = list(lines)
        for at in draw.sample([i for i, line in enumerate(text) if "mbconv" in line], 2):
            times = draw.randint(1, 6)
            text[at] = f"{text[at].rpartition('*')[0]}* {times}"
            if draw.random() < 0.5:
                text[at] = text[at].replace(")", ', act="relu")', 1)
        found[nas.parse("\n".join(text))] = None
    return list(found)


def main() -> None:
    torch.set_num_threads(1)
    image = torch.zeros(1, 3, 224, 224)
    genotype = nas.parse(B0)
    told: dict[str, float] = {}

    def build_and_count() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network = timm.create_model("efficientnet_b0").eval()
            told["thop"] = thop.profile(network, (image,), verbose=False)[0]

    def count_it() -> None:
        told["nas"] = nas.cost(genotype).macs

    others = mutants(ROUNDS * 2 * 50 + 150)
    unseen = itertools.cycle(others[150:])

    print(f"timm {timm.__version__}, torch {torch.__version__}, 1 thread, {2 * ROUNDS} runs each")
    for label, prepare, count, times in (
        ("all caches cleared", forget_all, count_it, 1),
        ("warm: 150 mutants counted before", forget_networks, count_it, 50),
        ("a mutant never seen before", lambda: None, lambda: nas.cost(next(unseen)).macs, 1),
    ):
        for other in others[:150]:
            _ = nas.cost(other).macs
        spent: list[tuple[float, float]] = []

        def counting(
            prepare: Callable[[], object] = prepare,
            count: Callable[[], object] = count,
            times: int = times,
            spent: list[tuple[float, float]] = spent,
        ) -> None:
            """Only `count` is timed: clearing a cache is no part of counting."""
            wall = cpu = 0.0
            for _ in range(times):
                prepare()
                begin, used = time.perf_counter(), time.process_time()
                count()
                cpu += time.process_time() - used
                wall += time.perf_counter() - begin
            spent.append((wall / times, cpu / times))

        pair = compare(counting, build_and_count, ROUNDS)
        ours = [cpu for _, cpu in spent[1:]]
        rate = [b / a for a, b in zip(ours, pair.b.cpu, strict=True)]
        walls = [b / a for (a, _), b in zip(spent[1:], pair.b.wall, strict=True)]
        print(f"{label}: {spread(ours)}")
        print(f"  build and thop: {spread(pair.b.cpu)}")
        print(f"  times faster: {ratio(rate, 0)} by CPU time, {ratio(walls, 0)} by the wall")
    print(f"MACs: nas {nas.cost(genotype).macs:,}, thop {told['thop']:,.0f}")


if __name__ == "__main__":
    main()
