"""A trial as the record keeps it: what its attributes say, to the driver and to any reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nas.search.card import sizes
from nas.search.standing import Finished, Standing
from nas.trial import Kind

REFERENCE = "reference"  # the attribute of a trial that others are compared with


@dataclass(slots=True)
class KeptTrial:
    """A trial by its attributes, and its values once it has ended."""

    number: int
    held: dict[str, Any]
    ended: bool = False
    values: tuple[float, ...] = ()

    @property
    def own(self) -> bool:
        """Whether this run asked it: no other program, and not known from another run."""
        return "hash" in self.held and "source" not in self.held

    @property
    def kind(self) -> Kind | None:
        """How it ended."""
        return Kind(self.held["outcome"]) if self.ended else None

    @property
    def attempt(self) -> int:
        """How often it was asked at its rung and those before, a retry and losses included."""
        return int(self.held.get("attempt", 1))

    @property
    def parts(self) -> int:
        """What each step's batch is cut into: more than one once memory ran out."""
        return int(self.held.get("accumulate", 1))

    @property
    def lost(self) -> int:
        """How often its driver or its machine died while it ran."""
        return self.attempt - 1 - (self.parts > 1)

    @property
    def sent(self) -> int:
        """The rung it was last sent to."""
        return int(self.held.get("sent", 0))

    @property
    def waits(self) -> bool:
        """Whether it has its result at that rung and may be promoted."""
        return not self.ended and len(results(self.held)) > self.sent

    def finished(self, seed: int = 0) -> tuple[Finished, ...]:
        """Its results from the first rung up; `seed` is its job's, kept of repeats only."""
        found = results(self.held)
        if not found and self.kind == Kind.COMPLETE:
            found = [{"values": self.values, "figures": self.held["figures"]}]
        return tuple(
            Finished(
                self.number,
                self.held["genotype"],
                result.get("seed", seed),
                tuple(result["values"]),
                {**result["figures"], **sizes(self.held)},
                rung,
                self.parts,
                REFERENCE in self.held,
            )
            for rung, result in enumerate(found)
        )


def recall(standing: Standing, trial: KeptTrial, seed: int = 0) -> tuple[Finished, ...]:
    """Let a trial of this run count as it did when it was told; its results."""
    found = trial.finished(seed)
    standing.seconds += trial.held.get("seconds", 0.0)
    standing.counts[Kind.LOST] += trial.lost
    standing.retried += trial.parts > 1
    for each in found:
        standing.reached(each)
    if trial.kind is not None:
        standing.add(trial.kind, trial.held.get("reason", ""))
    return found


def results(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A trial's results, from the first rung up, as its attributes hold them."""
    found: list[dict[str, Any]] = []
    while (held := attributes.get(f"rung.{len(found)}")) is not None:
        found.append(held)
    return found
