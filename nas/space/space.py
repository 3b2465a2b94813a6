"""A search space: a genotype with choices left in it, sampled, resolved, mutated and counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from nas.errors import SpaceError, nearest
from nas.genotype.expression import Choice, Genotype
from nas.space.decisions import Decider, Decision, Option, every_decision, label
from nas.space.features import Vector, Way, encoding, paths
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
        _ = self.decisions  # two different choices of one name are refused here

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """All decisions, also those that stand only in some options."""
        return every_decision(self.genotype)

    @cached_property
    def size(self) -> int:
        """The exact number of points."""
        return size(self.genotype)

    def sample(self, rng: np.random.Generator) -> Point:
        """A point, every decision drawn uniformly."""
        return self._decided(lambda key, choice: int(rng.integers(len(choice.options))))[0]

    def resolve(self, point: Mapping[str, Option]) -> Genotype:
        """The candidate without choices; SpaceError where the point doesn't fit this space."""
        known = {decision.key for decision in self.decisions}
        for key in point:
            if key not in known:
                raise SpaceError(
                    f"the space has no decision {key!r}{nearest(key, known)}; "
                    "the point was stored for another space"
                )
        return self._decided(lambda key, choice: _index(key, choice, point))[1]

    def active(self, point: Mapping[str, Option]) -> Point:
        """The decisions of `point` that matter for its candidate."""
        return self._decided(lambda key, choice: _index(key, choice, point))[0]

    def complete(
        self, point: Mapping[str, Option], rng: np.random.Generator | None = None
    ) -> Point:
        """`point` with what is missing drawn (or, without `rng`, taken as the first option), the
        superfluous left out."""

        def decide(key: str, choice: Choice) -> int:
            if key in point:
                return _index(key, choice, point)
            return int(rng.integers(len(choice.options))) if rng is not None else 0

        return self._decided(decide)[0]

    def features(
        self, point: Mapping[str, Option], network: Genotype
    ) -> tuple[Vector, frozenset[Way]]:
        """The decisions as numbers, and the paths through the cells of `network`, which `point`
        stands for."""
        return encoding(self.decisions, point), paths(network)

    def mutate(self, point: Mapping[str, Option], rng: np.random.Generator) -> Point:
        """A point with one decision that matters changed; what that newly asks for is drawn."""
        active = self.active(point)
        options = {decision.key: decision.options for decision in self.decisions}
        keys = [key for key in active if len(options[key]) > 1]
        if not keys:
            raise SpaceError(
                "the point can't be mutated: each of its decisions has a single option; "
                "put a second one into a choice"
            )
        key = keys[int(rng.integers(len(keys)))]
        others = [option for option in options[key] if not _same(option, active[key])]
        return self.complete({**active, key: others[int(rng.integers(len(others)))]}, rng)

    def neighbours(self, point: Mapping[str, Option]) -> Iterator[Point]:
        """Every point one decision away; what that newly asks for takes its first option."""
        active = self.active(point)
        for decision in self.decisions:
            if decision.key in active:
                for option in decision.options:
                    if not _same(option, active[decision.key]):
                        yield self.complete({**active, decision.key: option})

    def _decided(self, decide: object) -> tuple[Point, Genotype]:
        made: Point = {}

        def remember(key: str, choice: Choice) -> int:
            index: int = decide(key, choice)  # type: ignore[operator]
            made[key] = label(choice.options[index])
            return index

        candidate = Decider(remember)(self.genotype)
        return made, candidate


def _same(a: Option, b: Option) -> bool:
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _index(key: str, choice: Choice, point: Mapping[str, Option]) -> int:
    if key not in point:
        raise SpaceError(
            f"the point lacks the decision {key!r}{nearest(key, point)}; "
            "it was stored for another space"
        )
    for index, option in enumerate(choice.options):
        if _same(label(option), point[key]):
            return index
    raise SpaceError(
        f"the decision {key!r} has no option {point[key]!r}; its options are "
        f"{', '.join(str(label(option)) for option in choice.options)}"
    )
