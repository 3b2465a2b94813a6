"""Counting EfficientNet-B0 from its genotype against building it with timm and counting that.

Every counter starts from a name and ends with multiply-accumulates. Right is a counter that is
within 0.1 % of the count by hand (each weight of a convolution or linear layer once for each pixel
it makes); the others are named and don't compete.
"""

from __future__ import annotations

import contextlib
import gc
import io
import itertools
import random
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial

import torch
from abba import Times, once, ratio, spread
from caches import forget_all, forget_networks
from counters import calflops, fvcore, ptflops, torchinfo
from peers import named, thop, timm
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import nas

B0 = str(nas.genotype("efficientnet_b0"))
RIGHT = 385_814_752  # MACs, by hand: also tests/latency/test_runs.py
NEAR = 1e-3
BEFORE = 150  # mutants counted before a run of those that are timed
TIMES = 30  # counted in a run
AIM = 100


def by_thop(network: nn.Module, x: torch.Tensor) -> float:
    return float(thop.profile(network, (x,), verbose=False)[0])


def by_fvcore(network: nn.Module, x: torch.Tensor) -> float:
    asked = fvcore.nn.FlopCountAnalysis(network, x)
    return float(asked.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total())


def by_ptflops(backend: str) -> Callable[[nn.Module, torch.Tensor], float]:
    def count(network: nn.Module, x: torch.Tensor) -> float:
        told = ptflops.get_model_complexity_info(
            network,
            tuple(x.shape[1:]),
            as_strings=False,
            print_per_layer_stat=False,
            backend=backend,
        )
        return float(told[0])

    return count


def by_torchinfo(network: nn.Module, x: torch.Tensor) -> float:
    return float(torchinfo.summary(network, input_data=x, verbose=0).total_mult_adds)


def by_calflops(network: nn.Module, x: torch.Tensor) -> float:
    told = calflops.calculate_flops(
        network, tuple(x.shape), print_results=False, output_as_string=False
    )
    return float(told[1])


def by_torch(network: nn.Module, x: torch.Tensor) -> float:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(x)
    return counter.get_total_flops() / 2


PEERS: dict[str, Callable[[nn.Module, torch.Tensor], float]] = {
    "thop": by_thop,
    "fvcore": by_fvcore,
    "ptflops, of modules": by_ptflops("pytorch"),
    "ptflops, of operators": by_ptflops("aten"),
    "torchinfo": by_torchinfo,
    "calflops": by_calflops,
    "torch's FlopCounterMode": by_torch,
}


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


def of_peer(count: Callable[[nn.Module, torch.Tensor], float], x: torch.Tensor) -> float:
    """MACs of B0, built by timm and counted; what the counter prints is thrown away."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return count(timm.create_model("efficientnet_b0").eval(), x)


def ours(rounds: int) -> dict[str, Callable[[], Times]]:
    """How nas is timed: each call gives a run, and emptying caches is no part of it; garbage is
    collected before it and not within, as for the peers."""
    genotype = nas.parse(B0)
    others = mutants(BEFORE + 2 * TIMES * 2 * rounds)
    before = [str(other) for other in others[:BEFORE]]
    half = len(others[BEFORE:]) // 2
    unseen = itertools.cycle(others[BEFORE:-half])
    unread = itertools.cycle([str(other) for other in others[-half:]])

    def search() -> None:
        """What a search knows by then."""
        for other in before:
            _ = nas.cost(nas.parse(other)).macs

    def mean(
        count: Callable[[], int], first: Callable[[], None], each: Callable[[], None]
    ) -> Times:
        wall, cpu = [], []
        first()
        gc.collect()
        gc.disable()
        for _ in range(TIMES):
            each()
            begin, used = time.perf_counter(), time.process_time()
            count()
            cpu.append(time.process_time() - used)
            wall.append(time.perf_counter() - begin)
        gc.enable()
        return Times([statistics.fmean(wall)], [statistics.fmean(cpu)])

    def nothing() -> None:
        pass

    ways: dict[str, tuple[Callable[[], int], Callable[[], None], Callable[[], None]]] = {
        "B0 again, its blocks known": (lambda: nas.cost(genotype).macs, search, forget_networks),
        "a mutant never seen, as in a search": (
            lambda: nas.cost(next(unseen)).macs,
            search,
            nothing,
        ),
        "the same, read from text": (
            lambda: nas.cost(nas.parse(next(unread))).macs,
            search,
            nothing,
        ),
        "cold: nothing known": (lambda: nas.cost(genotype).macs, nothing, forget_all),
        "cold, read from text": (lambda: nas.cost(nas.parse(B0)).macs, nothing, forget_all),
    }
    return {name: partial(mean, *way) for name, way in ways.items()}


def report(rounds: int = 5) -> Iterator[str]:
    """A table of the peers, and one of nas beside the fastest that is right."""
    torch.set_num_threads(1)
    x = torch.zeros(1, 3, 224, 224)
    yield named("timm", "thop", "fvcore", "ptflops", "torchinfo", "calflops", "torch")
    yield f"1 thread, {2 * rounds} runs each in turns, CPU time, median (quartiles)"
    told = {name: of_peer(count, x) for name, count in PEERS.items()}
    own = ours(rounds)
    taken: dict[str, list[float]] = {name: [] for name in PEERS}
    spent: dict[str, list[float]] = {name: [] for name in own}
    for turn in range(2 * rounds):
        names = [*PEERS, *own]
        for name in reversed(names) if turn % 2 else names:
            if name in PEERS:
                taken[name].append(once(lambda name=name: of_peer(PEERS[name], x))[1])
            else:
                spent[name].extend(own[name]().cpu)
    right = {name for name, macs in told.items() if abs(macs / RIGHT - 1) < NEAR}
    fastest = min(right, key=lambda name: statistics.median(taken[name]))
    yield "\n| EfficientNet-B0, built by timm and counted by | MACs | off | time | right |"
    yield "| --- | --- | --- | --- | --- |"
    for name, macs in told.items():
        off, mark = macs / RIGHT - 1, "yes" if name in right else "no"
        mark = "yes, the fastest" if name == fastest else mark
        yield f"| {name} | {macs:,.0f} | {off:+.3%} | {spread(taken[name])} | {mark} |"
    counted = nas.cost(nas.parse(B0)).macs
    yield f"\nnas counts {counted:,} MACs, {counted / RIGHT - 1:+.3%}.\n"
    yield f"| nas | time | times faster than timm and {fastest} |"
    yield "| --- | --- | --- |"
    rates = {
        name: [theirs / own for own, theirs in zip(times, taken[fastest], strict=True)]
        for name, times in spent.items()
    }
    for name, rate in rates.items():
        yield f"| {name} | {spread(spent[name])} | {ratio(rate, 0)} |"
    yield f"\nAt least {AIM} times faster:"
    for name, rate in rates.items():
        middle = statistics.median(rate)
        yield f"* {name}: {middle:.0f} times, {'holds' if middle >= AIM else 'fails'}"


if __name__ == "__main__":
    for line in report():
        print(line, flush=True)
