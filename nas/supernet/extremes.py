"""The ends of a space: its smallest and its largest candidate, and points between that meet
everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np

from nas.costs import cost
from nas.errors import GenotypeError, SpaceError
from nas.genotype.expression import Genotype
from nas.space import Space
from nas.space.decisions import Decision, Option
from nas.space.space import Point

Allowed: TypeAlias = Callable[[Genotype], bool]

PASSES = 4  # over all decisions, at most; usually the second changes nothing
MANY = 8  # numbers of a decision that are tried; of more, so many, evenly
DRAWS = 16  # random candidates met besides


def ends(space: Space, allowed: Allowed | None = None) -> tuple[Point, Point]:
    """The smallest and the largest candidate by MACs, then parameters, that is `allowed`.

    Found decision by decision, which is exact where none hinders another. SpaceError where the
    smallest can't be built, or isn't allowed.
    """
    small = _walked(space, space.complete({}), -1, None)
    network = space.resolve(small)
    try:
        cost(network)
    except GenotypeError as error:
        raise SpaceError(
            f"no candidate of the space was found that can be built: {error}"
        ) from error
    if allowed is not None and not allowed(network):
        found = cost(network)
        raise SpaceError(
            f"no candidate is within the limits; the smallest has {found.macs:,} MACs and "
            f"{found.params:,} parameters: raise the limit to that or search a smaller space"
        )
    return small, _walked(space, small, 1, allowed)


def met(space: Space) -> Iterator[Genotype]:
    """Buildable candidates that between them meet every option: the largest, then those that
    differ from it in kind, then in numbers too, and some at random."""
    _, large = ends(space)
    most = {each.key: max(each.options) for each in space.decisions if _numeric(each)}
    most |= {key: value for key, value in large.items() if key in most}
    kinds = [each for each in space.decisions if not _numeric(each)]
    rng = np.random.default_rng(0)
    points = [
        large,
        *_meeting(space, kinds, most, rng),
        *_meeting(space, space.decisions, {}, rng),
        *(space.sample(rng) for _ in range(DRAWS)),
    ]
    done: set[Genotype] = set()
    for point in points:
        network = space.resolve(point)
        if network not in done and _size(network) is not None:
            done.add(network)
            yield network


def _meeting(
    space: Space, varied: Sequence[Decision], held: Point, rng: np.random.Generator
) -> Iterator[Point]:
    """Points in which each of the decisions takes an option that it took least so far, until all
    that came up were taken; the rest as `held`."""
    taken = {each.key: Counter(dict.fromkeys(_spread(each), 0)) for each in varied}
    while True:
        point, fresh = space.complete(held), False
        settled: Point = dict(held)
        while left := [key for key in point if key in taken and key not in settled]:
            count = taken[left[0]]
            least = [each for each in count if count[each] == min(count.values())]
            option = least[int(rng.integers(len(least)))]
            fresh |= not count[option]
            count[option] += 1
            settled[left[0]] = option
            point = space.complete(settled)
        if not fresh:
            return
        yield point


def _walked(space: Space, start: Point, sign: int, allowed: Allowed | None) -> Point:
    """From `start`, decision by decision to the option with the most (or least) MACs."""
    here, best = start, _size(space.resolve(start))
    for _ in range(PASSES):
        before = here
        for key in list(here):
            if key not in here:
                continue
            for option in _of(space, key).options:
                other = space.complete({**here, key: option})
                network = space.resolve(other)
                size = _size(network)
                if size is None or (allowed is not None and not allowed(network)):
                    continue
                if best is None or (size > best if sign > 0 else size < best):
                    here, best = other, size
        if here == before:
            break
    return here


def _size(network: Genotype) -> tuple[int, int] | None:
    """MACs and parameters; None where it can't be built."""
    try:
        found = cost(network)
    except GenotypeError:
        return None
    return found.macs, found.params


def _of(space: Space, key: str) -> Decision:
    return next(each for each in space.decisions if each.key == key)


def _numeric(decision: Decision) -> bool:
    return all(type(each) in (int, float) for each in decision.options)


def _spread(decision: Decision) -> tuple[Option, ...]:
    """Its options; of many numbers some, evenly, the ends among them."""
    options = decision.options
    if not _numeric(decision) or len(options) <= MANY:
        return options
    places = {round(i * (len(options) - 1) / (MANY - 1)) for i in range(MANY)}
    return tuple(sorted(options)[i] for i in sorted(places))
