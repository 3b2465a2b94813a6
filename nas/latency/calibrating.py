"""Calibrating: every run of a space measured once, then checked against whole candidates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Protocol

import numpy as np

from nas.costs import cost
from nas.errors import GenotypeError, LatencyError
from nas.genotype import Genotype
from nas.latency.bench import Bench, in_memory
from nas.latency.calibration import Calibration, Error, Setting
from nas.latency.regression import line, mape, rates, spearman
from nas.latency.runs import Run, runs

SECONDS = 60.0
FITTED = 20  # candidates measured whole, from which scale and offset come
HELD_OUT = 50  # further ones, for the error
DRAWN = 300  # candidates whose runs are collected
COLLECTING = 0.1  # of the time, at most, for that
ALONE = 0.3  # of the rest, at most, for runs by themselves
TRIES = 20  # draws for a new one that can be built

Say = Callable[[str], object]


class Space(Protocol):
    """What calibrating asks of a space; `nas.space.Space` is one."""

    @property
    def genotype(self) -> Genotype:
        """The expression with its choices."""

    def sample(self, rng: np.random.Generator) -> Mapping[str, Any]:
        """A point drawn uniformly at random."""

    def neighbours(self, point: Any) -> Iterator[Mapping[str, Any]]:
        """Every point that differs in one decision."""

    def resolve(self, point: Any) -> Genotype:
        """The candidate that a point stands for."""


def calibrate(
    space: Space,
    *,
    batch: int = 1,
    device: str | None = None,
    threads: int | None = None,
    seconds: float = SECONDS,
    held_out: int = HELD_OUT,
    say: Say | None = None,
) -> Calibration:
    """What predicts the latency of any candidate of `space` on `device` here, in about `seconds`.

    Each distinct run (an operation with what follows it at once) of many candidates is measured by
    itself, those that stand in most candidates first; runs without a measurement are estimated
    from others of their kind. Scale and offset come from 20 candidates measured whole, the error
    from `held_out` others; both are fewer where the space hasn't as many. `say` is told what is
    being done. Raises LatencyError for a device that isn't there, too little memory, or a space in
    which nothing can be built.
    """
    with Bench(batch=batch, device=device, threads=threads, undisturbed=True) as bench:
        return calibrated(bench, space, seconds, held_out, say or (lambda _: None))


def calibrated(bench: Bench, space: Space, seconds: float, held_out: int, say: Say) -> Calibration:
    """`calibrate` on a bench that is open."""
    start = bench.clock.now()
    rng = np.random.default_rng(0)
    whole = list(islice(_networks(space, rng), FITTED + held_out))
    found = _collected(bench, space, rng, whole, start + COLLECTING * seconds)
    say(f"{len(found)} distinct operations, with what follows them at once")
    with in_memory():
        left = seconds - (bench.clock.now() - start)
        alone = bench.in_turns(
            [lambda run=run: bench.run(run) for run in found],  # type: ignore[misc]
            [run.work[1] * bench.batch for run in found],
            ALONE * left,
        )
        known = {run: taken for run, taken in zip(found, alone, strict=True) if taken is not None}
        say(f"{len(known)} measured; now {len(whole)} whole candidates")
        left = seconds - (bench.clock.now() - start)
        taken = bench.in_turns(
            [lambda each=each: bench.network(each) for each in whole],  # type: ignore[misc]
            [cost(each).inference_memory(bench.batch) for each in whole],
            max(left, 1e-9),
        )
    made = Calibration(
        _setting(bench, space),
        {run.key: taken for run, taken in known.items()},
        rates(known, bench.batch),
    )
    both = [(each, one) for each, one in zip(whole, taken, strict=True) if one is not None]
    fitted = _share(len(both), FITTED + held_out)
    return _checked(_corrected(made, both[:fitted]), both[fitted:])


def _share(measured: int, wanted: int) -> int:
    """How many of the candidates that there was time for are fitted: all but those held out."""
    return min(measured, max(1, round(measured * FITTED / wanted)))


def _corrected(made: Calibration, both: Sequence[tuple[Genotype, float]]) -> Calibration:
    sums = [made.sum(each) for each, _ in both]
    scale, offset = line(sums, [taken for _, taken in both])
    return replace(made, scale=scale, offset=offset)


def _checked(made: Calibration, both: Sequence[tuple[Genotype, float]]) -> Calibration:
    if not both:
        return made
    predicted, taken = [made.predict(each) for each, _ in both], [taken for _, taken in both]
    error = Error(len(both), mape(predicted, taken), spearman(predicted, taken))
    return replace(made, error=error)


def _networks(space: Space, rng: np.random.Generator) -> Iterator[Genotype]:
    """Distinct random candidates that can be built, until they repeat themselves."""
    seen: set[Genotype] = set()
    misses = 0
    while misses < TRIES:
        misses += 1
        genotype = space.resolve(space.sample(rng))
        if genotype in seen:
            continue
        try:
            runs(genotype)
        except GenotypeError as error:
            if misses == TRIES and not seen:
                raise LatencyError(
                    f"none of {TRIES} random candidates can be built: {error}"
                ) from error
            continue
        seen.add(genotype)
        misses = 0
        yield genotype


def _collected(
    bench: Bench, space: Space, rng: np.random.Generator, whole: Sequence[Genotype], end: float
) -> list[Run]:
    """The distinct runs of random candidates and of one's neighbours, the most frequent first."""
    found: Counter[Run] = Counter()
    for genotype in whole:
        found.update(set(runs(genotype)))
    for genotype in islice(_networks(space, rng), DRAWN):
        if bench.clock.now() >= end:
            break
        found.update(set(runs(genotype)))
    for point in space.neighbours(space.sample(rng)):
        if bench.clock.now() >= end:
            break
        try:
            found.update(set(runs(space.resolve(point))))
        except GenotypeError:
            continue
    return [run for run, _ in found.most_common()]


def _setting(bench: Bench, space: Space) -> Setting:
    import torch

    return Setting(
        space=str(space.genotype),
        **bench.described,
        torch=str(torch.__version__),
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
