"""`nas.compile` against `timm.create_model`: the same five networks, with initial weights."""

from __future__ import annotations

import statistics

import torch
from abba import compare, ratio, spread
from counting import forget_all, forget_networks
from peers import timm

import nas
from nas.compiler.source import outline

NETWORKS = {  # nas -> timm
    "resnet50": "resnet50",
    "mobilenet_v2": "mobilenetv2_100",
    "efficientnet_b0": "efficientnet_b0",
    "densenet121": "densenet121",
    "resnext50_32x4d": "resnext50_32x4d",
}


def main(rounds: int = 5) -> None:
    print(f"timm {timm.__version__}, torch {torch.__version__}, {2 * rounds} runs each, CPU time")
    medians: dict[str, list[float]] = {"first": [], "again": [], "wall": []}
    for ours, theirs in NETWORKS.items():
        network = nas.genotype(ours)

        def first(network: nas.Genotype = network) -> None:
            """As the first network of a process, torch imported."""
            forget_all()
            nas.compile(network)

        def again(network: nas.Genotype = network) -> None:
            """As one of many: what is kept of single blocks and layers stays, networks don't."""
            forget_networks()
            outline.cache_clear()
            nas.compile(network)

        def peer(name: str = theirs) -> None:
            timm.create_model(name)

        for label, build in (("first", first), ("again", again)):
            pair = compare(build, peer, rounds)
            medians[label].append(statistics.median(pair.ratio))
            print(
                f"{ours}, {label}: {spread(pair.a.cpu)}, timm {spread(pair.b.cpu)}, "
                f"ratio {ratio(pair.ratio)}, by the wall {ratio(pair.wall_ratio)}"
            )
            if label == "again":
                medians["wall"].append(statistics.median(pair.wall_ratio))
    for label, name in (("first", "all caches cleared"), ("again", "as one of many")):
        print(f"median ratio of five, {name}: {statistics.median(medians[label]):.2f}")
    print(f"  by the wall: {statistics.median(medians['wall']):.2f}")


if __name__ == "__main__":
    main()
