"""A small space and an evaluator of arithmetic, so that the search is tested in milliseconds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from nas.search.candidates import Candidates, Card, Point
from nas.search.limits import Limits
from nas.search.objective import Objective
from nas.search.record import Record
from nas.search.rungs import WHOLE, Rungs
from nas.search.samplers import make
from nas.search.standing import FAILURES
from nas.trial import Job, Kind, Outcome


@dataclass(frozen=True)
class Choice:
    key: str
    options: tuple[int, ...]


@dataclass(frozen=True)
class Toy:
    """`depth` decisions of `width` options; the genotype is the tuple of the chosen numbers."""

    depth: int = 6
    width: int = 4

    @property
    def decisions(self) -> tuple[Choice, ...]:
        return tuple(Choice(f"d{i}", tuple(range(self.width))) for i in range(self.depth))

    @property
    def size(self) -> int:
        return self.width**self.depth

    def sample(self, rng: np.random.Generator) -> dict[str, int]:
        return {each.key: int(rng.integers(self.width)) for each in self.decisions}

    def points(self) -> Iterator[dict[str, int]]:
        for values in product(range(self.width), repeat=self.depth):
            yield {each.key: value for each, value in zip(self.decisions, values, strict=True)}

    def uniform(self, rng: np.random.Generator) -> dict[str, int]:
        return self.sample(rng)

    def active(self, point: Point) -> Point:
        return point

    def mutate(self, point: Point, rng: np.random.Generator) -> dict[str, Any]:
        key = self.decisions[rng.integers(self.depth)].key
        others = [value for value in range(self.width) if value != point[key]]
        return {**point, key: others[rng.integers(len(others))]}

    def neighbours(self, point: Point) -> Iterator[dict[str, Any]]:
        for key, now in point.items():
            for value in range(self.width):
                if value != now:
                    yield {**point, key: value}

    def features(self, point: Point, network: Any) -> tuple[Any, frozenset[Any]]:
        return np.array([float(value) for value in network]), frozenset()

    def resolve(self, point: Point) -> tuple[int, ...]:
        return tuple(int(point[each.key]) for each in self.decisions)


def toy_card(genotype: tuple[int, ...]) -> Card:
    """Order doesn't matter: permuted genotypes are the same network."""
    text = ",".join(map(str, genotype))
    same = hashlib.sha256(repr(sorted(genotype)).encode()).hexdigest()
    return Card(1000 + 100 * sum(genotype), 10 + sum(genotype), lambda: (text, same))


def evaluate(job: Job) -> Outcome:
    """The accuracy grows with the genotype's sum and the epochs, with a little noise from the
    job's seed."""
    total = sum(map(int, job.genotype.split(",")))
    noise = np.random.default_rng([job.seed, job.epochs or 0]).random() / 100
    accuracy = total / 40 - 0.1 / (job.epochs or 100) + noise
    return Outcome(job.number, Kind.COMPLETE, {"accuracy": float(accuracy)}, seconds=0.5)


def open_record(
    path: Path,
    seed: int = 0,
    sampler: str = "random",
    space: Toy | None = None,
    limits: Limits | None = None,
    objective: Objective | None = None,
    settings: Mapping[str, Any] | None = None,
    rungs: Rungs = WHOLE,
    failures: int = FAILURES,
) -> Record:
    candidates = Candidates(space or Toy(), limits, toy_card)
    return Record(
        path,
        make(sampler, candidates, seed),
        objective or Objective(("accuracy",)),
        {"space": "toy", "seed": seed, **(settings or {})},
        rungs,
        failures,
    )


def rows(record: Record) -> list[tuple[object, ...]]:
    """All that a trial is, but for its dates and how often it was lost."""
    return [
        (
            trial.number,
            trial.state,
            trial.params,
            trial.values,
            {key: value for key, value in trial.user_attrs.items() if key != "attempt"},
        )
        for trial in record._study.get_trials(deepcopy=False)
    ]


def drive(record: Record, trials: int) -> None:
    """Ask and tell until `trials` are good or wait at a rung and nothing is promoted any more."""
    while job := record.ask(begin=record.begun < trials):
        record.tell(evaluate(job))
