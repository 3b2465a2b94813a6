"""`nas.compile` against `timm.create_model` and torchvision: ten networks with initial weights."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator

import torch
from abba import ratio, spread, turns
from caches import forget_all, forget_networks
from networks import TEN, Network
from peers import named, timm, torchvision

import nas
from nas.compiler.source import outline

AIM = 2.0  # times faster


def ways(network: Network) -> dict[str, Callable[[], object]]:
    """How each library builds it; nas as the first network of a process, and as one of many."""
    genotype = nas.genotype(network.nas)

    def first() -> None:
        forget_all()
        nas.compile(genotype)

    def again() -> None:
        """What is kept of single blocks and layers stays, networks don't."""
        forget_networks()
        outline.cache_clear()
        nas.compile(genotype)

    found: dict[str, Callable[[], object]] = {
        "nas": again,
        "nas, cold": first,
        "timm": lambda: timm.create_model(network.timm),
    }
    if network.torchvision:
        found["torchvision"] = lambda: getattr(torchvision.models, network.torchvision)()
    return found


def faster(mine: list[float], theirs: list[float]) -> list[float]:
    """How many times faster, run by run."""
    return [b / a for a, b in zip(mine, theirs, strict=True)]


def report(rounds: int = 5, threads: int | None = None) -> Iterator[str]:
    """A line for each network, and the medians."""
    if threads:
        torch.set_num_threads(threads)
    yield named("timm", "torchvision", "torch")
    yield (
        f"{torch.get_num_threads()} threads, {2 * rounds} runs each in turns; times faster than "
        "the faster of the two"
    )
    yield "\n| network | nas, CPU | timm, CPU | torchvision, CPU | by CPU | by wall | cold, CPU |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    rates: dict[str, list[float]] = {"CPU": [], "wall": [], "cold": []}
    for network in TEN:
        times = turns(ways(network), rounds)
        peers = [times[name] for name in ("timm", "torchvision") if name in times]
        best = min(peers, key=lambda one: statistics.median(one.cpu))
        quick = min(peers, key=lambda one: statistics.median(one.wall))
        by = {
            "CPU": faster(times["nas"].cpu, best.cpu),
            "wall": faster(times["nas"].wall, quick.wall),
            "cold": faster(times["nas, cold"].cpu, best.cpu),
        }
        for name, values in by.items():
            rates[name].append(statistics.median(values))
        other = spread(times["torchvision"].cpu) if "torchvision" in times else "-"
        told = " | ".join(ratio(values, 2) for values in by.values())
        yield (
            f"| {network.nas} | {spread(times['nas'].cpu)} | {spread(times['timm'].cpu)} | "
            f"{other} | {told} |"
        )
    middle = {name: statistics.median(values) for name, values in rates.items()}
    yield (
        f"\nMedian of {len(TEN)}: {middle['CPU']:.2f} times faster by CPU time, "
        f"{middle['wall']:.2f} by the wall, {middle['cold']:.2f} with every cache cleared; "
        f"at least {AIM:g}: {'holds' if middle['CPU'] >= AIM else 'fails'} by CPU time, "
        f"{'holds' if middle['wall'] >= AIM else 'fails'} by the wall."
    )


if __name__ == "__main__":
    for line in report(*map(int, sys.argv[1:])):
        print(line, flush=True)
