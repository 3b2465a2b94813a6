"""A search space: a genotype with choices left in it, sampled, resolved, mutated and counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, cast

from nas.errors import SpaceError, nearest
from nas.genotype.expression import Genotype
from nas.space.decisions import Decision, Option, label
from nas.space.features import Vector, Way, encoding, paths
from nas.space.plan import UNMADE, Picks, Planner, decide
from nas.space.size import size

if TYPE_CHECKING:
    import numpy as np

Point: TypeAlias = dict[str, Option]


class Space:
    """The candidates of an expression with choices. A point says what was decided: key ->
    option."""

    def __init__(self, genotype: Genotype) -> None:
        if not genotype.open:
            raise SpaceError(
                "the genotype has no choices, so there is nothing to search; "
                "put choice(...) where it may vary, or name a space (nas search --space mbconv)"
            )
        self.genotype = genotype
        planner = Planner()  # two different choices of one name are refused here
        self._plan = planner(genotype)
        self.decisions: tuple[Decision, ...] = tuple(
            Decision(key, tuple(map(label, choice.options)))
            for key, choice in planner.found.items()
        )  # all of them, also those that stand only in some options
        self._numbers = {decision.key: i for i, decision in enumerate(self.decisions)}
        self._counts = [len(decision.options) for decision in self.decisions]

    @cached_property
    def size(self) -> int:
        """The exact number of points."""
        return size(self.genotype)

    def sample(self, rng: np.random.Generator) -> Point:
        """A point, every decision drawn uniformly."""
        return self._point(self._drawn(self._none(), rng))

    def resolve(self, point: Mapping[str, Option]) -> Genotype:
        """The candidate without choices; SpaceError where the point doesn't fit this space."""
        for key in point:
            if key not in self._numbers:
                raise SpaceError(
                    f"the space has no decision {key!r}{nearest(key, self._numbers)}; "
                    "the point was stored for another space"
                )
        return cast(Genotype, self._plan.make(self._picks(point)))

    def active(self, point: Mapping[str, Option]) -> Point:
        """The decisions of `point` that matter for its candidate."""
        return self._point(self._picks(point))

    def complete(
        self, point: Mapping[str, Option], rng: np.random.Generator | None = None
    ) -> Point:
        """`point` with what is missing drawn (or, without `rng`, taken as the first option), the
        superfluous left out."""
        held = self._none()
        for number, decision in enumerate(self.decisions):
            if decision.key in point:
                held[number] = decision.index(point[decision.key])
        return self._point(self._drawn(held, rng))

    def features(
        self, point: Mapping[str, Option], network: Genotype
    ) -> tuple[Vector, frozenset[Way]]:
        """The decisions as numbers, and the paths through the cells of `network`, which `point`
        stands for."""
        return encoding(self.decisions, point), paths(network)

    def mutate(self, point: Mapping[str, Option], rng: np.random.Generator) -> Point:
        """A point with one decision that matters changed; what that newly asks for is drawn."""
        picks = self._picks(point)
        free = [
            number
            for number, (index, count) in enumerate(zip(picks, self._counts, strict=True))
            if index >= 0 and count > 1
        ]
        if not free:
            raise SpaceError(
                "the point can't be mutated: each of its decisions has a single option; "
                "put a second one into a choice"
            )
        number = free[int(rng.integers(len(free)))]
        other = int(rng.integers(self._counts[number] - 1))
        picks[number] = other + (other >= picks[number])
        return self._point(self._drawn(picks, rng))

    def neighbours(self, point: Mapping[str, Option]) -> Iterator[Point]:
        """Every point one decision away; what that newly asks for takes its first option."""
        picks = self._picks(point)
        for number, index in enumerate(picks):
            if index >= 0:
                for other in range(self._counts[number]):
                    if other != index:
                        changed = list(picks)
                        changed[number] = other
                        yield self._point(self._drawn(changed, None))

    def _none(self) -> Picks:
        return [UNMADE] * len(self.decisions)

    def _picks(self, point: Mapping[str, Option]) -> Picks:
        """What `point` decides, of what matters; SpaceError where something is missing."""

        def pick(number: int) -> int:
            decision = self.decisions[number]
            if decision.key not in point:
                raise SpaceError(
                    f"the point lacks the decision {decision.key!r}{nearest(decision.key, point)}; "
                    "it was stored for another space"
                )
            return decision.index(point[decision.key])

        picks = self._none()
        decide(self._plan.asks, picks, pick)
        return picks

    def _drawn(self, held: Sequence[int], rng: np.random.Generator | None) -> Picks:
        """What matters of `held`, and the rest drawn, or without `rng` the first option."""
        counts = self._counts
        # one call for all: a generator takes as long for a number as for a hundred
        chances = rng.random(len(counts)).tolist() if rng is not None else [0.0] * len(counts)
        picks = self._none()

        def pick(number: int) -> int:
            index = held[number]
            return index if index >= 0 else int(chances[number] * counts[number])

        decide(self._plan.asks, picks, pick)
        return picks

    def _point(self, picks: Picks) -> Point:
        return {
            decision.key: decision.options[index]
            for decision, index in zip(self.decisions, picks, strict=True)
            if index >= 0
        }
