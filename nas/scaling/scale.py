"""Scaling: any genotype wider, deeper, on larger images.

Source: EfficientNet, arXiv:1905.11946; rounding as in MobileNet's and EfficientNet's released code.
"""

from __future__ import annotations

from nas.blocks.fields import DIVISOR
from nas.errors import GenotypeError, shown
from nas.genotype.expression import Genotype
from nas.scaling.depth import deeper
from nas.scaling.resolution import larger
from nas.scaling.width import wider

LARGEST = 1_000_000  # factor, or pixels
LARGEST_DIVISOR = 1_024  # channels


def scale(
    genotype: Genotype,
    width: float = 1.0,
    depth: float = 1.0,
    resolution: float | int = 1.0,
    *,
    divisor: int = DIVISOR,
    group_width: float = 1.0,
) -> Genotype:
    """`width` times the channels, `depth` times the repeats on the main chain, `resolution` times
    the image's sides, `group_width` times the channels of blocks' groups where they are given.

    A factor of 1 changes nothing, not even by rounding.

    Width: channels are rounded to multiples of `divisor`, never below 90 % of what was asked for,
    and never against the direction of the factor. Groups stay as many, or as wide where a block
    gives their width; heads stay as wide: channels come in whole ones of them. What a network
    puts out (its classes) stays.

    Depth: repeats are rounded up. A composite that halves the map isn't repeated more often; one
    that is followed by a repeat is the first of its stage.

    Resolution: a whole number above 8 is the side in pixels; a factor is rounded to whole pixels
    and, where branches wouldn't meet at that size, to the nearest size at which they do.

    Raises GenotypeError for factors that aren't positive numbers, a divisor that is no whole number
    of channels, and an image smaller than the network's stride.
    """
    named = (("width", width), ("depth", depth), ("resolution", resolution))
    for name, factor in (*named, ("group_width", group_width)):
        if (
            isinstance(factor, bool)
            or not isinstance(factor, int | float)
            or not 0 < factor <= LARGEST
        ):
            raise GenotypeError(
                f"scale's {name} must be a number above 0, at most {LARGEST}, "
                f"but got {shown(factor)}"
            )
    if (
        isinstance(divisor, bool)
        or not isinstance(divisor, int)
        or not 1 <= divisor <= LARGEST_DIVISOR
    ):
        raise GenotypeError(
            f"scale's divisor must be a whole number of channels from 1 to {LARGEST_DIVISOR}, "
            f"but got {shown(divisor)}; 8 suits most hardware, 1 takes any whole number"
        )
    scaled = genotype
    if width != 1 or group_width != 1:
        scaled = wider(scaled, width, divisor, group_width)
    if depth != 1:
        scaled = deeper(scaled, depth)
    if resolution != 1:
        scaled = larger(scaled, resolution, like=genotype)
    return scaled
