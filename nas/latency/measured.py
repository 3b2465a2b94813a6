"""A network's latency, measured here."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from nas.genotype import Genotype
from nas.latency.bench import LEAST, WARM_UP, Bench, in_memory, interval

SECONDS = 5.0
TIGHT = 0.02  # width of the interval over the median, where measuring may stop
ENOUGH = 30  # runs, before it may stop for that


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds that one batch takes: the median of so many runs, a 95 % interval of it, and the
    least, which a busy machine doesn't raise."""

    median: float
    low: float
    high: float
    runs: int
    least: float


def measure(
    genotype: Genotype,
    *,
    batch: int = 1,
    device: str | None = None,
    threads: int | None = None,
    seconds: float = SECONDS,
) -> Measured:
    """The latency of the compiled network on `batch` images here: float32, eval mode, eager.

    Runs it on `device` ("cpu" or "cuda") with so many `threads` of torch's (None: as set) until
    the interval is within 2 % of the median or `seconds` are over, five times at least. Raises
    GenotypeError as `nas.compile`, LatencyError for a device that isn't there or too little memory.
    """
    with Bench(batch=batch, device=device, threads=threads) as bench:
        return measured(bench, genotype, seconds)


def measured(bench: Bench, genotype: Genotype, seconds: float) -> Measured:
    """`measure` on a bench that is open."""
    with in_memory():
        call = bench.network(genotype)
        for _ in range(WARM_UP):
            call()
    samples: list[float] = []
    end = bench.clock.now() + seconds
    while True:
        samples.append(bench.clock.time(call))
        if len(samples) < LEAST:
            continue
        over = bench.clock.now() >= end
        if over or (len(samples) >= ENOUGH and len(samples) % 10 == 0):
            middle, (low, high) = median(samples), interval(samples)
            if over or high - low <= TIGHT * middle:
                return Measured(middle, low, high, len(samples), min(samples))
