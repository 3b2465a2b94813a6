"""Where a stored candidate stands in a space that may have changed since.

Decisions are keyed by place, so those that a space had then and has now mean the same. For what the
space asks besides, the options are found that give the stored network again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from nas.errors import GenotypeError, SpaceError
from nas.genotype import Genotype, canonical_hash, parse
from nas.genotype.normal import normal
from nas.space.decisions import Option
from nas.space.space import Point, Space


class Locator:
    """Finds stored candidates in `space`; what one lacked is tried for the next ones first."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._known = {decision.key: decision.options for decision in space.decisions}
        self._lacked: Point = {}

    def find(self, point: Mapping[str, Option], genotype: str) -> Point:
        """The point of the space whose network is that of `genotype` (text), which `point` was.

        Raises `SpaceError` where there is none: an option is gone, or what the space doesn't choose
        has changed; `GenotypeError` for a text that is no network.
        """
        kept = {key: value for key, value in point.items() if key in self._known}
        found = self._space.complete({**self._lacked, **kept})
        if str(self._space.resolve(found)) == genotype:
            return found
        wanted = parse(genotype)
        lacking = [key for key in found if key not in kept]
        if lacking:
            found = self._nearest(kept, found, wanted)
        if canonical_hash(self._space.resolve(found)) != canonical_hash(wanted):
            raise SpaceError("its network is none of the space's: the parts without choices differ")
        self._lacked |= {key: value for key, value in found.items() if key not in kept}
        return found

    def _nearest(self, kept: Point, start: Point, wanted: Genotype) -> Point:
        """From `start`, one decision beyond `kept` at a time to the option whose network has most
        operations in common with `wanted`, until none helps."""
        target = _operations(wanted)
        found, far = start, self._far(start, target)
        better = True
        while better and far:
            better = False
            for key in [key for key in found if key not in kept]:
                for option in self._known[key]:
                    other = self._space.complete({**found, key: option})
                    distance = self._far(other, target)
                    if distance < far:
                        found, far, better = other, distance, True
        return found

    def _far(self, point: Point, target: Counter[str]) -> float:
        """How many operations only one of the two networks has."""
        try:
            here = _operations(self._space.resolve(point))
        except GenotypeError:
            return float("inf")
        return (here - target).total() + (target - here).total()


def _operations(network: Genotype) -> Counter[str]:
    """The operations of a network by their places, with what they put out."""
    return Counter(
        f"{node.path} {node.item} {node.spec.shape}" for node in normal(network).flat().nodes
    )
