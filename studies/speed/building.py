"""`nas.compile` against `timm.create_model` and torchvision: ten networks with initial weights.

CPU time is taken with one thread: with several, torch's idle ones wait in a loop, which counts as
work. By the wall it is with as many as were asked for.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator

import torch
from abba import Times, ratio, spread, turns
from caches import forget_all, forget_networks
from memory import give_back, keep
from networks import TEN, Network
from peers import named, timm, torchvision

import nas
from nas.compiler.source import outline

AIM = 2.0  # times faster
HEAD = (
    "network",
    "nas, CPU",
    "timm, CPU",
    "torchvision, CPU",
    "times faster, CPU",
    "first of a process, CPU",
)

Way = Callable[[], object]


def ways(network: Network) -> dict[str, Way]:
    """How each library builds it, as one of many and as the first of a process."""
    genotype = nas.genotype(network.nas)
    found: dict[str, Way] = {
        "nas": lambda: nas.compile(genotype),
        "timm": lambda: timm.create_model(network.timm),
    }
    if network.torchvision:
        found["torchvision"] = lambda: getattr(torchvision.models, network.torchvision)()
    return found | {f"{name}, first": way for name, way in found.items()}


def forget() -> None:
    """The network; what is kept of single blocks and layers stays."""
    forget_networks()
    outline.cache_clear()


def forget_process() -> None:
    """Everything that an earlier network left behind."""
    forget_all()
    give_back()


BEFORE = {  # and not timed
    "nas": forget,
    "nas, first": forget_process,
    "timm, first": give_back,
    "torchvision, first": give_back,
}


def measured(network: Network, rounds: int, threads: int) -> dict[str, Times]:
    """Every way in turns, with so many threads."""
    torch.set_num_threads(threads)
    return turns(ways(network), rounds, BEFORE)


def faster(times: dict[str, Times], clock: str, how: str = "") -> list[float]:
    """How many times faster nas is than the faster of its peers, run by run."""
    mine: list[float] = getattr(times[f"nas{how}"], clock)
    names = [name for name in (f"timm{how}", f"torchvision{how}") if name in times]
    theirs = min((getattr(times[name], clock) for name in names), key=statistics.median)
    return [b / a for a, b in zip(mine, theirs, strict=True)]


def report() -> Iterator[str]:
    """What a process of its own says, whose memory is not as other measurements want it."""
    command = [sys.executable, __file__, "5", str(torch.get_num_threads())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            yield line.rstrip()
    if process.returncode:
        raise SystemExit(f"building: the process ended with {process.returncode}")


def lines(rounds: int = 5, threads: int | None = None) -> Iterator[str]:
    """A line for each network, and the medians."""
    asked = threads or torch.get_num_threads()
    wall = f"by the wall with {asked} thread{'s' * (asked > 1)}"
    yield named("timm", "torchvision", "torch")
    yield (
        f"CPU time of one thread, {wall}; {2 * rounds} runs each in turns; times faster than the "
        f"faster of the two. {keep()}"
    )
    yield f"\n| {' | '.join((*HEAD[:5], wall, HEAD[5]))} |"
    yield f"|{' --- |' * (len(HEAD) + 1)}"
    medians: dict[str, list[float]] = {"CPU": [], "wall": [], "first": []}
    for network in TEN:
        alone = measured(network, rounds, 1)
        together = alone if asked == 1 else measured(network, rounds, asked)
        by = {
            "CPU": faster(alone, "cpu"),
            "wall": faster(together, "wall"),
            "first": faster(alone, "cpu", ", first"),
        }
        for name, values in by.items():
            medians[name].append(statistics.median(values))
        spent = [
            spread(alone[name].cpu) if name in alone else "-"
            for name in ("nas", "timm", "torchvision")
        ]
        yield f"| {' | '.join([network.nas, *spent, *(ratio(one, 2) for one in by.values())])} |"
    middle = {name: statistics.median(values) for name, values in medians.items()}
    yield (
        f"\nMedian of {len(TEN)}: {middle['CPU']:.2f} times faster by CPU time of one thread, "
        f"{middle['wall']:.2f} {wall}, {middle['first']:.2f} as the first network of a process "
        f"(CPU time of one thread). At least {AIM:g}: {verdict(middle['CPU'])} by CPU time of one "
        f"thread, {verdict(middle['wall'])} {wall}."
    )


def verdict(times: float) -> str:
    """Whether the aim is reached."""
    return "holds" if times >= AIM else "fails"


if __name__ == "__main__":
    gc.freeze()  # what was imported is not looked through before every run
    for line in lines(*map(int, sys.argv[1:])):
        print(line, flush=True)
