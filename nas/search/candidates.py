"""Candidates: the points of a space that may be trained, being within the limits and not tried yet.

Everything here is arithmetic on genotypes; nothing is built.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median_low
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nas.errors import GenotypeError, SpaceError
from nas.search.card import BASIC, NOTHING, Card, Latency, cards
from nas.search.limits import Limits, said
from nas.search.scores import Scores

Value = int | float | bool | str
Point = Mapping[str, Value]  # an option for each active decision

KNOWN = 4096  # candidates remembered
DRAWS = 100  # before a draw is repaired (limits) or given up (nothing new)
WANDERED = 3  # steps for each decision, before a repaired draw has forgotten where it came from
LOOKED = 200  # further steps, to find one that is new


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
        """A point, every decision drawn uniformly at random."""

    def uniform(self, rng: np.random.Generator) -> Point:
        """A point, each as likely as any other."""

    def points(self) -> Iterator[Point]:
        """Every point, each once."""

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


@dataclass(frozen=True, slots=True)
class Candidate:
    """A point, what it stands for and its card; `excess` above 1 is outside the limits."""

    point: Point
    network: Any
    card: Card
    excess: float
    reason: str = ""  # why it is outside


class Candidates:
    """Draws from `space` what is within `limits` and not among `seen` (hash -> trial).

    `latency` predicts it, where a limit or an objective asks; `describe` makes a genotype's card.
    `origin` is drawn before all else: the network that a space is around; if it is a `reference`,
    it is what the others are compared with, and no candidate itself. `scores` are what a sampler
    that predicts may ask for, besides the cards.
    """

    def __init__(
        self,
        space: Space,
        limits: Limits | None = None,
        describe: Callable[[Any], Card] | None = None,
        latency: Latency | None = None,
        origin: Point | None = None,
        reference: bool = False,
        scores: Scores | None = None,
    ) -> None:
        self.space = space
        self.origin = origin
        self.reference = origin if reference else None
        self.limits = limits or Limits()
        self.scores = scores
        self.seen: dict[str, int] = {}
        self._describe = describe or cards(latency)
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
        excess = self.limits.excess(found.figure)
        reason = f"{self.spoken(found)}, but {self.limits} allowed" if excess > 1 else ""
        return Candidate(point, network, found, excess, reason)

    def new(self, candidate: Candidate) -> bool:
        """Whether it may be trained: it is within the limits, and was not tried before."""
        return candidate.excess <= 1 and candidate.card.hash not in self.seen

    def first(self, draw: Callable[[], Point]) -> Point:
        """The first of up to 100 draws that is feasible and new, else the last one repaired.

        So while more than a few percent are feasible, what is drawn has the distribution of `draw`,
        given that it is feasible and new. Before all that the origin, where there is one.
        """
        if self.origin is not None and self.new(self.at(self.origin)):
            return self.origin
        for _ in range(DRAWS):
            found = self.at(draw())
            if self.new(found):
                return found.point
        return self.repaired(found.point)

    def at_random(self, rng: np.random.Generator) -> Candidate:
        """A feasible candidate drawn at random, whether it was tried before or not: the first of up
        to 100 draws that is feasible, else the last one led back."""
        for _ in range(DRAWS):
            found = self.at(self.space.sample(rng))
            if found.excess <= 1:
                return found
        return self.descend(found.point, rng)

    def repaired(self, point: Point, wander: bool = True) -> Point:
        """A feasible new point; or one that is feasible, or as near as smaller neighbours lead.

        From `point` down to the feasible part by random smaller neighbours; if one shall `wander`,
        then by mutations that stay feasible, three for each decision: a Metropolis walk, whose ends
        come near to uniform over what of the feasible part hangs together. At last on to a point
        that is new, for 200 steps at most. The same point is repaired alike while the same are
        known.
        """
        rng = np.random.default_rng(zlib.crc32(repr(sorted(point.items())).encode()))
        wander = wander and self.at(point).excess > 1
        here = self.descend(point, rng)
        least = WANDERED * len(point) if wander else 0
        for step in range(least + LOOKED):
            if here.excess > 1 or (step >= least and self.new(here)):
                break
            there = self._beside(here, rng)
            if there.excess <= 1:
                here = there
        return here.point

    def descend(self, point: Point, rng: np.random.Generator) -> Candidate:
        """From `point` to random smaller neighbours until one is feasible or none is smaller."""
        here = self.at(point)
        while here.excess > 1:
            around = list(self.space.neighbours(here.point))
            drawn = (self.at(around[index]) for index in rng.permutation(len(around)))
            step = next((each for each in drawn if each.excess < here.excess), None)
            if step is None:
                break
            here = step
        return here

    def check(self) -> None:
        """Raise `SpaceError`, naming the smallest candidate found, unless one is feasible.

        Takes at most a few hundred counts, whatever the space's size.
        """
        rng = np.random.default_rng(0)
        least: Candidate | None = None
        for _ in range(3):
            end = self.descend(self.space.sample(rng), rng)
            if end.excess <= 1:
                return
            least = end if least is None or end.excess < least.excess else least
        assert least is not None
        if math.isinf(least.excess):
            raise SpaceError(f"no candidate of the space can be built: {least.reason}")
        raise SpaceError(
            f"no candidate of the space has {self.limits}; the smallest found has "
            f"{self.spoken(least.card)}: raise the limit to that or search a smaller space"
        )

    def usual_macs(self) -> int:
        """The median MACs of 101 feasible random candidates, the same for every search."""
        rng = np.random.default_rng(0)
        draws = (self.at(self.first(lambda: self.space.sample(rng))) for _ in range(101))
        return median_low(each.card.macs for each in draws)

    def largest(self, name: str) -> float:
        """The limit of a figure or, where it has none, the most that random candidates walked
        uphill came to: the same for every search of a space."""
        most = dict(self.limits).get(name)
        return most if most is not None else self._uphill(name)

    def _uphill(self, name: str) -> float:
        rng = np.random.default_rng(0)
        best = 0.0
        for _ in range(3):
            here = self.at(self.space.sample(rng))
            for _ in range(LOOKED):
                there = self._beside(here, rng)
                if there.card.figure(name) >= here.card.figure(name):
                    here = there
            best = max(best, here.card.figure(name))
        return best

    def _beside(self, here: Candidate, rng: np.random.Generator) -> Candidate:
        """A mutant, or the candidate itself where nothing in it varies."""
        try:
            return self.at(self.space.mutate(here.point, rng))
        except SpaceError:
            return here

    def spoken(self, of: Card) -> str:
        """MACs, parameters and what else is limited, in words."""
        names = dict.fromkeys((*BASIC, *self.limits.names))
        told = [said(name, of.figure(name)) for name in names]
        return " and ".join([", ".join(told[:-1]), told[-1]])
