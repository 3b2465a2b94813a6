"""Candidates: the points of a space that may be trained, being within the limits and not tried yet.

Everything here is arithmetic on genotypes; nothing is built.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import median_low
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nas.errors import GenotypeError, SpaceError
from nas.quantity import format_count
from nas.search.limits import Limits

Value = int | float | bool | str
Point = Mapping[str, Value]  # an option for each active decision

KNOWN = 4096  # candidates remembered
DRAWS = 100  # before a draw is repaired (limits) or given up (nothing new)


class Decision(Protocol):
    """One choice of a space: its key and its options."""

    @property
    def key(self) -> str: ...  # noqa: D102

    @property
    def options(self) -> tuple[Value, ...]: ...  # noqa: D102


class Space(Protocol):
    """What the search asks of a space; `nas.space.Space` is one."""

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Every decision, active or not."""

    @property
    def size(self) -> int:
        """The number of points."""

    def sample(self, rng: np.random.Generator) -> Point:
        """A point drawn uniformly at random."""

    def active(self, point: Point) -> Point:
        """The decisions of `point` that matter."""

    def mutate(self, point: Point, rng: np.random.Generator) -> Point:
        """`point` with one active decision changed."""

    def neighbours(self, point: Point) -> Iterator[Point]:
        """Every point that differs from `point` in one active decision."""

    def resolve(self, point: Point) -> Any:
        """The genotype that `point` stands for."""

    def features(self, point: Point, network: Any) -> tuple[NDArray[np.float64], frozenset[Any]]:
        """The decisions as numbers, and the paths through the cells of the genotype."""


class Card:
    """What a genotype costs, and what identifies it, which is worked out only when asked for."""

    def __init__(self, macs: int, params: int, identify: Callable[[], tuple[str, str]]) -> None:
        self.macs = macs
        self.params = params
        self._identify = identify

    @cached_property
    def identity(self) -> tuple[str, str]:
        """(text, canonical hash)."""
        return self._identify()

    @property
    def genotype(self) -> str:
        """The text."""
        return self.identity[0]

    @property
    def hash(self) -> str:
        """The canonical hash: equal for isomorphic networks."""
        return self.identity[1]

    def stored(self) -> dict[str, str | int]:
        """All of it, as a trial keeps it."""
        own = {"genotype": self.genotype, "hash": self.hash}
        return {**own, "macs": self.macs, "params": self.params}


NOTHING = Card(0, 0, lambda: ("", ""))  # of what can't be built


@dataclass(frozen=True, slots=True)
class Candidate:
    """A point, what it stands for and its card; `excess` above 1 is outside the limits."""

    point: Point
    network: Any
    card: Card
    excess: float
    reason: str = ""  # why it is outside


def card(genotype: Any) -> Card:
    """The card of a genotype without choices, counted without building it."""
    from nas.costs import cost
    from nas.genotype import canonical_hash

    counted = cost(genotype)
    return Card(counted.macs, counted.params, lambda: (str(genotype), canonical_hash(genotype)))


class Candidates:
    """Draws from `space` what is within `limits` and not among `seen` (hash -> trial).

    `origin` is drawn before all else: the network that a space is around.
    """

    def __init__(
        self,
        space: Space,
        limits: Limits | None = None,
        describe: Callable[[Any], Card] = card,
        origin: Point | None = None,
    ) -> None:
        self.space = space
        self.origin = origin
        self.limits = limits or Limits()
        self.seen: dict[str, int] = {}
        self._describe = describe
        self._known: dict[frozenset[tuple[str, Value]], Candidate] = {}

    def at(self, point: Point) -> Candidate:
        """The candidate at `point`; one that can't be built at all has infinite excess."""
        key = frozenset(point.items())
        found = self._known.pop(key, None)
        if found is None:
            found = self._made(point)
            if len(self._known) >= KNOWN:
                del self._known[next(iter(self._known))]
        self._known[key] = found  # the youngest again
        return found

    def _made(self, point: Point) -> Candidate:
        network = None
        try:
            network = self.space.resolve(point)
            found = self._describe(network)
        except GenotypeError as error:
            return Candidate(point, network, NOTHING, math.inf, str(error))
        excess = self.limits.excess(found.macs, found.params)
        reason = f"{_size(found)}, but {self.limits} allowed" if excess > 1 else ""
        return Candidate(point, network, found, excess, reason)

    def first(self, draw: Callable[[], Point]) -> Point:
        """The first of up to 100 draws that is feasible and new.

        Before all that the origin, where there is one. Else one that is feasible but tried before; else the last one, walked down until it is
        feasible (or as near as its neighbours lead).
        """
        if self.origin is not None:
            start = self.at(self.origin)
            if start.excess <= 1 and start.card.hash not in self.seen:
                return start.point
        tried = None
        for _ in range(DRAWS):
            found = self.at(draw())
            if found.excess <= 1:
                if found.card.hash not in self.seen:
                    return found.point
                tried = found.point
        return self.descend(found.point).point if tried is None else tried

    def descend(self, point: Point) -> Candidate:
        """From `point` to smaller neighbours until one is feasible or none is smaller."""
        here = self.at(point)
        while here.excess > 1:
            smaller = (self.at(each) for each in self.space.neighbours(here.point))
            step = next((each for each in smaller if each.excess < here.excess), None)
            if step is None:
                break
            here = step
        return here

    def check(self) -> None:
        """Raise `SpaceError`, naming the smallest candidate found, unless one is feasible.

        Takes at most a few hundred counts, whatever the space's size.
        """
        rng = np.random.default_rng(0)
        ends = [self.descend(self.space.sample(rng)) for _ in range(3)]
        least = min(ends, key=lambda each: each.excess)
        if math.isinf(least.excess):
            raise SpaceError(f"no candidate of the space can be built: {least.reason}")
        if least.excess > 1:
            raise SpaceError(
                f"no candidate of the space has {self.limits}; the smallest found has "
                f"{_size(least.card)}: raise the limit to that or search a smaller space"
            )

    def usual_macs(self) -> int:
        """The median MACs of 101 feasible random candidates, the same for every search."""
        rng = np.random.default_rng(0)
        draws = (self.at(self.first(lambda: self.space.sample(rng))) for _ in range(101))
        return median_low(each.card.macs for each in draws)


def _size(of: Card) -> str:
    return f"{format_count(of.macs)} MACs and {format_count(of.params)} parameters"
