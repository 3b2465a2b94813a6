"""Resolution: the image that a network reads, checked against the network's stride."""

from __future__ import annotations

from functools import lru_cache

from nas.costs import figures, stride
from nas.errors import GenotypeError
from nas.genotype.binding import image
from nas.genotype.expression import Chain, Genotype, Image
from nas.scaling.places import first

Sides = tuple[int, int]  # height, width in pixels
PIXELS = 8  # a whole number above it is pixels, not a factor


def larger(scaled: Genotype, resolution: float | int, like: Genotype) -> Genotype:
    """The network on an image of `resolution` pixels a side, or times the sides.

    `like` is the network as it was: what it can be built at, its scaled variant can.
    Raises GenotypeError for an image smaller than the network's stride, or at which branches
    wouldn't meet.
    """
    now = _image(like)
    if now is None:
        return scaled
    base = first(like)
    if isinstance(resolution, int) and resolution > PIXELS:
        sides = (resolution, resolution)
        _enough(base, sides)
        if not fits(base, (now.height, now.width)) or fits(base, sides):
            return at(scaled, sides)
        raise GenotypeError(f"at {_shown(sides)} pixels {_why(base, sides)}{_others(base, sides)}")
    wanted = (max(1, round(now.height * resolution)), max(1, round(now.width * resolution)))
    _enough(base, wanted)
    sides = nearest(base, (now.height * resolution, now.width * resolution))
    return at(scaled, sides)


def at(genotype: Genotype, sides: Sides) -> Genotype:
    """The network on an image of these sides."""
    now = _image(genotype)
    assert now is not None
    parts = genotype.items[1:] if isinstance(genotype, Chain) else ()
    changed = image(now.channels, *sides)
    return Chain((changed, *parts)) if parts else changed


def sides_of(genotype: Genotype) -> Sides | None:
    """(height, width) of a network's image in pixels; None of a part without one."""
    now = _image(genotype)
    return None if now is None else (now.height, now.width)


def nearest(base: Genotype, wanted: tuple[float, float]) -> Sides:
    """The sides nearest to those wanted, at most a stride away, at which the network builds."""
    rounded = (max(1, round(wanted[0])), max(1, round(wanted[1])))
    own = sides_of(base)
    if own is None or not fits(base, own) or fits(base, rounded):
        return rounded
    for step in range(1, step_of(base) + 1):
        steps = (-step, step) if rounded[0] >= wanted[0] else (step, -step)
        for other in steps:
            moved = (rounded[0] + other, rounded[1] + other)
            if min(moved) >= 1 and fits(base, moved):
                return moved
    raise GenotypeError(
        f"at {_shown(rounded)} pixels {_why(base, rounded)}{_others(base, rounded)}"
    )


@lru_cache(maxsize=256)
def smallest(base: Genotype) -> float:
    """The least factor of the image's sides at which the network builds and its last map has a
    pixel."""
    own = sides_of(base)
    base = first(base)
    if own is None or not fits(base, own):
        return 1.0
    least, least_known = step_of(base), min(own)
    while least < least_known:
        middle = (least + least_known) // 2
        try:
            nearest(base, (own[0] * middle / min(own), own[1] * middle / min(own)))
        except GenotypeError:
            least = middle + 1
        else:
            least_known = middle
    times = least_known / min(own)
    return min(nearest(base, (own[0] * times, own[1] * times))) / min(own)


@lru_cache(maxsize=1 << 12)
def fits(base: Genotype, sides: Sides) -> bool:
    """Whether the network can be built for such an image."""
    try:
        figures(at(base, sides))
    except GenotypeError:
        return False
    return True


@lru_cache(maxsize=256)
def step_of(base: Genotype) -> int:
    """How many pixels of the image a pixel of the network's last map stands for; 1 where it can't
    be told."""
    try:
        return stride(base)
    except GenotypeError:
        return 1


def _image(genotype: Genotype) -> Image | None:
    start = genotype.items[0] if isinstance(genotype, Chain) else genotype
    return start if isinstance(start, Image) else None


def _enough(base: Genotype, wanted: Sides) -> None:
    """GenotypeError where the image is smaller than the stride, as it wasn't before."""
    now, least = sides_of(base), step_of(base)
    if now is not None and min(wanted) < least <= min(now):
        raise GenotypeError(
            f"an image of {_shown(wanted)} pixels is smaller than the network's stride, {least}, "
            f"and would leave no pixel to its last map; give a resolution of {least} pixels or "
            f"more, {least / min(now):.3g} of the {_shown(now)} that it has"
        )


def _why(base: Genotype, wanted: Sides) -> str:
    try:
        figures(at(base, wanted))
    except GenotypeError as error:
        return f"the network can't be built: {error}"
    return ""


def _others(base: Genotype, wanted: Sides) -> str:
    """The nearest squares below and above at which it can be built."""
    side, reach = min(wanted), 4 * step_of(base)
    found = []
    for direction in (-1, 1):
        near = (side + direction * step for step in range(1, reach + 1))
        found += [next((str(x) for x in near if x > PIXELS and fits(base, (x, x))), None)]
    known = [each for each in found if each]
    return f"; it can at {' or '.join(known)}" if known else "; give a larger one"


def _shown(sides: Sides) -> str:
    return f"{sides[0]}x{sides[1]}"
