"""Inference and training steps of ten networks against timm's, in turns on the same images.

python studies/speed/steps.py inference    # eager, channels last, folded; batches of 1 and 8
python studies/speed/steps.py training
python studies/speed/steps.py compiled     # torch.compile of both: a minute a network
python studies/speed/steps.py memory
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import torch
from abba import Times, ratio, spread, turns
from networks import TEN, Network
from peers import named, timm
from torch import nn

import nas
from nas.inference.folding import folded
from nas.inference.packing import packed
from nas.train.optimizer import SGD

Found: TypeAlias = dict[str, dict[str, float]]  # way -> network -> times faster than timm

SIDE = 224  # pixels
IMAGES = 4  # of a training step
INFERENCE_AIM = 1.3  # times faster than timm
TRAINING_AIM = 1.05
FAST = "nas, folded, channels last, oneDNN's kernels"
EVEN = 0.99  # what counts as no slower: measuring a network against itself differs by a percent


def images(count: int) -> torch.Tensor:
    return torch.randn(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))


def last(network: nn.Module) -> nn.Module:
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def using(network: nn.Module, x: torch.Tensor) -> Callable[[], None]:
    network.eval()

    def run() -> None:
        with torch.inference_mode():
            network(x)

    return run


def training(
    network: nn.Module, x: torch.Tensor, y: torch.Tensor, optimizer: torch.optim.Optimizer
) -> Callable[[], None]:
    network.train()

    def run() -> None:
        loss = nn.functional.cross_entropy(network(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return run


def timms(network: Network) -> nn.Module:
    made: nn.Module = timm.create_model(network.timm)
    return made


def usual(network: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9)


def inference_ways(network: Network, x: torch.Tensor) -> dict[str, Callable[[], None]]:
    """timm as it comes and with channels last; nas as it comes, and what `nas.optimize` tries:
    folded with channels last, by torch's kernels and by oneDNN's own."""
    nhwc = x.contiguous(memory_format=torch.channels_last)
    mine = nas.compile(network.nas, seed=0).eval()
    with torch.no_grad():
        plain, fast = folded(mine, x), packed(folded(mine, x))
    return {
        "timm": using(timms(network), x),
        "nas": using(mine, x),
        "timm, channels last": using(last(timms(network)), nhwc),
        "nas, folded, channels last": using(last(plain), nhwc),
        FAST: using(fast, nhwc),
    }


def compiled_ways(network: Network, x: torch.Tensor) -> dict[str, Callable[[], None]]:
    nhwc = x.contiguous(memory_format=torch.channels_last)
    theirs, mine = timms(network).eval(), nas.compile(network.nas, seed=0).eval()
    return {
        "timm": using(timms(network), x),
        "timm, torch.compile": using(torch.compile(last(theirs)), nhwc),  # type: ignore[arg-type]
        "nas, torch.compile": using(torch.compile(last(mine)), nhwc),  # type: ignore[arg-type]
    }


def training_ways(network: Network, x: torch.Tensor) -> dict[str, Callable[[], None]]:
    """timm and nas alike, both as torch's defaults are; timm with channels last; and nas as its
    trainer runs it: channels last, SGD in one kernel."""
    y = torch.arange(len(x))
    nhwc = x.contiguous(memory_format=torch.channels_last)
    made = [timms(network), nas.compile(network.nas, seed=0)]
    moved = [last(timms(network)), last(nas.compile(network.nas, seed=0))]
    return {
        "timm": training(made[0], x, y, usual(made[0])),
        "nas": training(made[1], x, y, usual(made[1])),
        "timm, channels last": training(moved[0], nhwc, y, usual(moved[0])),
        "nas, as it trains": training(moved[1], nhwc, y, SGD(1e-3).build(moved[1])),
    }


def table(
    make: Callable[[Network, torch.Tensor], dict[str, Callable[[], None]]],
    count: int,
    rounds: int,
    found: Found,
) -> Iterator[str]:
    """A line for each network; `found` gains each way's ratio to timm."""
    x = images(count)
    for network in TEN:
        times = turns(make(network, x), rounds)
        if not found:
            others = [name for name in times if name != "timm"]
            head = " | ".join(f"{name}, times faster" for name in others)
            yield f"\n| {count} images of {SIDE} | timm, {clock()} | {head} |"
            yield f"| --- | --- |{' --- |' * len(others)}"
        base = times["timm"]
        for name, taken in times.items():
            found.setdefault(name, {})[network.nas] = statistics.median(rate(taken, base))
        told = " | ".join(ratio(rate(times[name], base), 2) for name in others)
        yield f"| {network.nas} | {spread(chosen(base))} | {told} |"


def clock() -> str:
    """CPU time of one thread; with several, the wall's clock is what a user waits for."""
    return "CPU" if torch.get_num_threads() == 1 else "wall"


def chosen(times: Times) -> list[float]:
    return times.cpu if clock() == "CPU" else times.wall


def rate(mine: Times, theirs: Times) -> list[float]:
    return [b / a for a, b in zip(chosen(mine), chosen(theirs), strict=True)]


def medians(found: Found) -> str:
    others = {name: each for name, each in found.items() if name != "timm"}
    return "\nMedian of ten against timm eager: " + "; ".join(
        f"{name} {statistics.median(each.values()):.2f} times faster "
        f"({min(each.values()):.2f} to {max(each.values()):.2f})"
        for name, each in others.items()
    )


def inference(rounds: int = 5, batches: tuple[int, ...] = (1, 8)) -> Iterator[str]:
    """Inference in eval mode, nothing compiled by torch.compile."""
    yield heading(rounds)
    for count in batches:
        found: Found = {}
        yield from table(inference_ways, count, rounds, found)
        middle = statistics.median(found[FAST].values())
        yield f"{medians(found)}."
        verdict = "holds" if middle >= INFERENCE_AIM else "fails"
        yield (
            f"\nFolded, channels last, oneDNN's kernels: at least {INFERENCE_AIM} times faster, "
            f"batches of {count}: {verdict} ({middle:.2f})."
        )


def compiled(rounds: int = 3, count: int = 8) -> Iterator[str]:
    """Inference through torch's compiler, channels last, compiled before."""
    yield heading(rounds)
    found: Found = {}
    yield from table(compiled_ways, count, rounds, found)
    yield f"{medians(found)}."


def train(rounds: int = 3) -> Iterator[str]:
    """Forward, backward and SGD with momentum."""
    yield heading(rounds)
    found: Found = {}
    yield from table(training_ways, IMAGES, rounds, found)
    each = found["nas, as it trains"].values()
    held = statistics.median(each) >= TRAINING_AIM and min(each) >= EVEN
    yield f"{medians(found)}."
    yield (
        f"\nAs it trains, no slower on any ({min(each):.2f} at least) and {TRAINING_AIM} times "
        f"faster in the median ({statistics.median(each):.2f}): {'holds' if held else 'fails'}."
    )


def heading(rounds: int) -> str:
    return (
        f"{named('timm', 'torch')}, {torch.get_num_threads()} threads, {2 * rounds} runs each in "
        f"turns, {clock()} time, median (quartiles)"
    )


def memory() -> Iterator[str]:
    """The most memory of a process that builds a network, uses it and trains it a step."""
    yield f"{named('timm', 'torch')}, a process each; MB above a process that only imported"
    yield f"\n| {IMAGES} images of {SIDE} | timm, used | trained | nas, used | trained |"
    yield "| --- | --- | --- | --- | --- |"
    shares = []
    for network in TEN:
        theirs, mine = peak("timm", network.timm), peak("nas", network.nas)
        shares.append((mine[0] / theirs[0], mine[1] / theirs[1]))
        told = " | ".join(f"{value:.0f}" for value in (*theirs, *mine))
        yield f"| {network.nas} | {told} |"
    used, trained = (statistics.median(each) for each in zip(*shares, strict=True))
    yield f"\nMedian of nas over timm: inference {used:.2f}, training {trained:.2f}."


def peak(library: str, name: str) -> tuple[float, float]:
    """MB at most in inference, and in training, of a process of its own."""
    command = [sys.executable, Path(__file__), "peak", library, name]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    before, used, trained = json.loads(said.splitlines()[-1])
    return (used - before) / 1e3, (trained - before) / 1e3


def child(library: str, name: str) -> None:
    """In a process of its own: kilobytes at most after importing, using and training."""
    torch.set_num_threads(1)
    x, y = images(IMAGES), torch.arange(IMAGES)
    make = timm.create_model if library == "timm" else nas.compile
    marks = [most()]
    using(make(name), x)()
    marks.append(most())
    network = last(make(name)) if library == "nas" else make(name)
    optimizer = SGD(1e-3).build(network) if library == "nas" else usual(network)
    laid = x.contiguous(memory_format=torch.channels_last) if library == "nas" else x
    step = training(network, laid, y, optimizer)
    step(), step()
    print(json.dumps([*marks, most()]))


def most() -> int:
    """Kilobytes of this program at most; what `getrusage` tells begins with its parent's."""
    (line,) = (x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x)
    return int(line.split()[1])


SECTIONS = {"inference": inference, "training": train, "compiled": compiled, "memory": memory}

if __name__ == "__main__":
    if sys.argv[1:2] == ["peak"]:
        child(*sys.argv[2:])
    else:
        for which in sys.argv[1:] or SECTIONS:
            for line in SECTIONS[which]():
                print(line, flush=True)
