"""A search space: a genotype with choices left in it, sampled, resolved, mutated and counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, cast

from nas.errors import SpaceError, nearest
from nas.genotype.expression import Genotype
from nas.space.decisions import Decision, Option, labels
from nas.space.features import Vector, Way, encoding, paths
from nas.space.plan import UNMADE, Picks, Planner, decide, ways, weights
from nas.space.size import size

if TYPE_CHECKING:
    import numpy as np

Point: TypeAlias = dict[str, Option]

STEPS = 3  # from the origin, in the mean, of a draw near it


class Space:
    """The candidates of an expression with choices. A point says what was decided: key ->
    option.

    In a space that is `near`, as one around a network, the point of all first options is the
    `origin`, and draws stay near it.
    """

    def __init__(self, genotype: Genotype, near: bool = False) -> None:
        if not genotype.open:
            raise SpaceError(
                "the genotype has no choices, so there is nothing to search; "
                "put choice(...) where it may vary, or name a space (nas search --space mbconv)"
            )
        self.genotype = genotype
        planner = Planner()  # two different choices of one name are refused here
        self._plan = planner(genotype)
        self.decisions: tuple[Decision, ...] = tuple(
            Decision(key, labels(choice.options)) for key, choice in planner.found.items()
        )  # all of them, also those that stand only in some options
        self._numbers = {decision.key: i for i, decision in enumerate(self.decisions)}
        self._counts = [len(decision.options) for decision in self.decisions]
        self.origin: Point | None = self.complete({}) if near else None

    @cached_property
    def size(self) -> int:
        """The exact number of points."""
        return size(self.genotype)

    def sample(self, rng: np.random.Generator) -> Point:
        """A point, every decision drawn uniformly; or near the origin, where there is one.

        Near is a number of steps from the origin that is geometric with mean 3, each of a
        different decision to another of its options, both uniform: every other point has a
        chance.
        """
        if self.origin is None:
            return self._point(self._drawn(self._none(), rng))
        picks, changed = self._picks(self.origin), set[int]()
        for _ in range(int(rng.geometric(1 / STEPS))):
            free = [number for number in self._free(picks) if number not in changed]
            if not free:
                break
            number = free[int(rng.integers(len(free)))]
            changed.add(number)
            picks = self._drawn(self._stepped(picks, number, rng), None)
        return self._point(picks)

    def uniform(self, rng: np.random.Generator) -> Point:
        """A point, each as likely as any other; as `sample` where a decision that is shared may be
        asked for by options of several others."""
        picks = self._none()

        def pick(number: int) -> int:
            weight = self._weights.get(number)
            if weight is None:
                return int(rng.integers(self._counts[number]))
            total = sum(weight)
            return int(rng.choice(len(weight), p=[each / total for each in weight]))

        decide(self._plan.asks, picks, pick)
        return self._point(picks)

    @cached_property
    def _weights(self) -> dict[int, list[int]]:
        """How many points go on from each option of a decision, where options differ in that."""
        asks, counts = self._plan.asks, self._counts
        return weights(asks, counts) if ways(asks, counts) == self.size else {}

    def points(self) -> Iterator[Point]:
        """Every point, as an odometer counts: the decision that is asked for last turns first."""
        turned: dict[int, int] = {}
        asked: list[int] = []

        def pick(number: int) -> int:
            asked.append(number)
            return turned.get(number, 0)

        while True:
            asked.clear()
            picks = self._none()
            decide(self._plan.asks, picks, pick)
            yield self._point(picks)
            while asked and picks[asked[-1]] + 1 == self._counts[asked[-1]]:
                asked.pop()
            if not asked:
                return
            turned.clear()
            turned.update((number, picks[number]) for number in asked)
            turned[asked[-1]] += 1

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
        free = self._free(picks)
        if not free:
            raise SpaceError(
                "the point can't be mutated: each of its decisions has a single option; "
                "put a second one into a choice"
            )
        number = free[int(rng.integers(len(free)))]
        return self._point(self._drawn(self._stepped(picks, number, rng), rng))

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

    def _free(self, picks: Picks) -> list[int]:
        """The decisions that matter and have another option."""
        return [
            number
            for number, (index, count) in enumerate(zip(picks, self._counts, strict=True))
            if index >= 0 and count > 1
        ]

    def _stepped(self, picks: Picks, number: int, rng: np.random.Generator) -> Picks:
        """The picks with one decision at another of its options."""
        other = int(rng.integers(self._counts[number] - 1))
        changed = list(picks)
        changed[number] = other + (other >= picks[number])
        return changed

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
