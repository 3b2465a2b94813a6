"""The bench: a clock, and samples taken in turns, so that a busy moment of the machine falls on
all alike."""

from __future__ import annotations

import platform
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import ceil, sqrt
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from nas.errors import LatencyError, out_of_memory
from nas.genotype import Genotype
from nas.latency.runs import Run, laid

if TYPE_CHECKING:
    import torch

Call: TypeAlias = Callable[[], object]

WARM_UP = 3  # calls of each before the first that counts
LEAST = 5  # samples of each
CALM = 40  # rounds without a gain, after which more would not help
FALL = 0.005  # of the sum of all, that is a gain
AT_ONCE = 1 << 30  # bytes of weights and maps that are measured in turns


class Clock(ABC):
    """What tells the time, and how long a call takes."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.perf_counter()

    @abstractmethod
    def time(self, call: Call) -> float:
        """Seconds that one call takes, until its result is there."""


class CpuClock(Clock):
    """For a CPU, where a call returns when it is done."""

    def time(self, call: Call) -> float:
        """Seconds between before and after."""
        start = time.perf_counter()
        call()
        return time.perf_counter() - start


class WorkClock(Clock):
    """For one thread of a CPU: how long it works, without what it waits for a core. On an idle
    machine that is the same."""

    def time(self, call: Call) -> float:
        """Seconds of CPU between before and after."""
        start = time.thread_time()
        call()
        return time.thread_time() - start


class CudaClock(Clock):
    """For a GPU, which works on when a call has returned: its own events are read, once both have
    passed."""

    def __init__(self, device: str) -> None:
        self.device = device

    def time(self, call: Call) -> float:
        """Seconds between the events before and after, on an idle GPU."""
        import torch

        with torch.cuda.device(self.device):
            start, end = (
                torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
                for _ in range(2)
            )
            torch.cuda.synchronize()
            start.record()
            call()
            end.record()
            end.synchronize()
        return float(start.elapsed_time(end)) / 1000


class Bench:
    """A device to measure on, with so many threads of torch's while it is open (`with`).

    `threads` None is what torch uses anyway. `undisturbed` leaves out, where the clock can (on one
    thread of a CPU), what other programs take. Raises LatencyError for a device that isn't there.
    """

    def __init__(
        self,
        *,
        batch: int = 1,
        device: str | None = None,
        threads: int | None = None,
        undisturbed: bool = False,
        clock: Clock | None = None,
    ) -> None:
        import torch

        for name, value in (("batch", batch), ("threads", threads)):
            if value is not None and value < 1:
                raise LatencyError(f"{name} must be at least 1, but got {value}")
        self.device = device or "cpu"
        kind = self.device.partition(":")[0]
        if kind not in ("cpu", "cuda") or (kind == "cuda" and not torch.cuda.is_available()):
            raise LatencyError(
                f"latency can't be measured on {self.device!r}: there is no such device here; "
                'measure on "cpu"'
            )
        self.batch, self.threads = batch, threads or torch.get_num_threads()
        if clock is None and kind == "cuda":
            clock = CudaClock(self.device)
        elif clock is None:
            clock = WorkClock() if undisturbed and self.threads == 1 else CpuClock()
        self.clock = clock
        self._before = self.threads

    def __enter__(self) -> Self:
        import torch

        self._before = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        import torch

        torch.set_num_threads(self._before)

    @property
    def machine(self) -> str:
        """The processor or GPU, as it calls itself."""
        if self.device.startswith("cuda"):
            import torch

            return torch.cuda.get_device_name(self.device)
        return processor()

    @property
    def place(self) -> str:
        """Where it measures, for people: `AMD EPYC, 1 thread`."""
        return placed(self.machine, self.device, self.threads)

    @property
    def described(self) -> dict[str, Any]:
        """Where and how it measures, as JSON values."""
        return {
            "machine": self.machine,
            "device": self.device,
            "threads": self.threads,
            "batch": self.batch,
        }

    def network(self, genotype: Genotype) -> Call:
        """A call of the compiled network in eval mode on random images."""
        from nas.compiler.network import compile

        network = compile(genotype, seed=0, device=self.device).eval()
        return self._calling(network, [self._random(network.input_shape)])

    def run(self, run: Run) -> Call:
        """A call of a run by itself, as the compiler writes it."""
        from nas.compiler.network import part
        from nas.compiler.source import reading

        module = part(reading(run.graph, len(run.inputs)), device=self.device).eval()
        return self._calling(module, [self._random(laid(spec)) for spec in run.inputs])

    def _random(self, sides: tuple[int, ...]) -> torch.Tensor:
        import torch

        generator = torch.Generator(self.device).manual_seed(0)
        return torch.randn(self.batch, *sides, generator=generator, device=self.device)

    def _calling(self, module: torch.nn.Module, images: list[torch.Tensor]) -> Call:
        import torch

        def call() -> object:
            with torch.inference_mode():
                return module(*images)

        return call

    def in_turns(
        self, makes: Sequence[Callable[[], Call]], sizes: Sequence[float], seconds: float
    ) -> list[float | None]:
        """The least seconds of each call that `makes` makes, measured in turns.

        What else the machine does adds time and never takes any away, so the least is what repeats;
        the median of a busy machine says how busy it was. Calls are made, warmed up and measured
        in groups of `AT_ONCE` bytes (`sizes`, bytes of each), until none gets faster or their share
        of about `seconds` is over; None stands for those that there was no time for,
        never for the first.
        """
        found: list[float | None] = [None] * len(makes)
        end = self.clock.now() + seconds
        for group in _groups(sizes):
            now = self.clock.now()
            if now >= end and group[0]:
                break
            share = max(0.0, end - now) * len(group) / (len(makes) - group[0])
            made = self._made([makes[i] for i in group], now + share / 2)
            found[group[0] : group[0] + len(made)] = self._least(made, now + share)
        return found

    def _made(self, makes: Sequence[Callable[[], Call]], end: float) -> list[Call]:
        """The first calls, warmed up, as many as are made by `end`; one at least."""
        made: list[Call] = []
        for make in makes:
            call = make()
            for _ in range(WARM_UP):
                call()
            made.append(call)
            if self.clock.now() >= end:
                break
        return made

    def _least(self, calls: Sequence[Call], end: float) -> list[float]:
        """The least seconds of each call: `LEAST` rounds, then more until `end` or all is calm."""
        least = [self.clock.time(call) for call in calls]
        number, calm, mark = 1, 0, sum(least)
        while number < LEAST or (calm < CALM and self.clock.now() < end):
            for place, call in enumerate(calls):
                least[place] = min(least[place], self.clock.time(call))
            number, calm = number + 1, calm + 1
            if sum(least) < mark * (1 - FALL):
                calm, mark = 0, sum(least)
        return least


def _groups(sizes: Sequence[float]) -> list[range]:
    """Neighbours that together stay within `AT_ONCE` bytes, at least one a group."""
    groups, start, held = [], 0, 0.0
    for index, size in enumerate(sizes):
        if index > start and held + size > AT_ONCE:
            groups.append(range(start, index))
            start, held = index, 0.0
        held += size
    return [*groups, range(start, len(sizes))] if sizes else []


def interval(samples: Sequence[float]) -> tuple[float, float]:
    """A 95 % interval of the median, by order statistics: no shape of the distribution is assumed.

    Between the samples of rank n/2 -+ 1.96 sqrt(n)/2; of fewer than six samples, all of them.
    """
    ordered, count = sorted(samples), len(samples)
    reach = 1.96 * sqrt(count) / 2
    low, high = int(count / 2 - reach), ceil(1 + count / 2 + reach)
    return ordered[max(low, 1) - 1], ordered[min(high, count) - 1]


def placed(machine: str, device: str, threads: int) -> str:
    """A machine and how it was used, for people."""
    if device != "cpu":
        return machine
    return f"{machine}, {threads} thread{'s' if threads > 1 else ''}"


def processor() -> str:
    """The CPU's name."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 - read in parts
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


@contextmanager
def in_memory() -> Iterator[None]:
    """While it holds, memory that runs out is a LatencyError."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        raise LatencyError(
            "memory ran out while measuring; lower the batch or the image"
        ) from error
