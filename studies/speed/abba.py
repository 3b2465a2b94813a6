"""Ways to do one thing, timed in turns (A B B A), so that a busy machine slows all alike."""

from __future__ import annotations

import gc
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Times:
    """Seconds of each run: on the wall, and of the processor in all threads of this process."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        """Medians with quartiles, in milliseconds."""
        return f"{spread(self.wall)} wall, {spread(self.cpu)} CPU"


@dataclass(frozen=True)
class Pair:
    """The runs of both, and A's time over B's in each round."""

    a: Times
    b: Times

    @property
    def ratio(self) -> list[float]:
        """By processor time: rounds of A B B A, each A against its neighbour B."""
        return [a / b for a, b in zip(self.a.cpu, self.b.cpu, strict=True)]


def compare(a: Callable[[], object], b: Callable[[], object], rounds: int = 5) -> Pair:
    """Time both `2 * rounds` times, after one run of each that doesn't count."""
    times = turns({"a": a, "b": b}, rounds)
    return Pair(times["a"], times["b"])


def turns(
    ways: Mapping[str, Callable[[], object]],
    rounds: int = 5,
    before: Mapping[str, Callable[[], object]] | None = None,
) -> dict[str, Times]:
    """Time each way `2 * rounds` times, there and back, after one run of each that doesn't
    count.

    What is done `before` a way is not timed.
    """
    for way in ways.values():
        way()
    times = {name: Times() for name in ways}
    for _ in range(rounds):
        for name in (*ways, *reversed(ways)):
            if before and name in before:
                before[name]()
            wall, cpu = once(ways[name])
            times[name].wall.append(wall)
            times[name].cpu.append(cpu)
    return times


def once(do: Callable[[], object]) -> tuple[float, float]:
    """(wall, CPU) seconds of one run, garbage collected before it and not within."""
    gc.collect()
    gc.disable()
    wall, cpu = time.perf_counter(), time.process_time()
    do()
    spent = time.perf_counter() - wall, time.process_time() - cpu
    gc.enable()
    return spent


def children() -> float:
    """CPU seconds of the processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def spread(seconds: list[float]) -> str:
    """`1.23 ms (1.10-1.31)`: median and quartiles."""
    low, middle, high = (value * 1e3 for value in statistics.quantiles(seconds, n=4))
    digits = 3 if middle < 1 else 2 if middle < 100 else 0
    return f"{middle:.{digits}f} ms ({low:.{digits}f}-{high:.{digits}f})"


def ratio(values: list[float], digits: int = 3) -> str:
    """Median and quartiles of ratios."""
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"
