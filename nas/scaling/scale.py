"""Scaling: any genotype wider, deeper, on larger images.

Source: EfficientNet, arXiv:1905.11946; rounding as in MobileNet's and EfficientNet's released code.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import cast

from nas.blocks import registry
from nas.blocks.fields import round_channels
from nas.errors import GenotypeError, shown
from nas.genotype.binding import image, leaf, row
from nas.genotype.expression import (
    Argument,
    Chain,
    Choice,
    Genotype,
    Image,
    Leaf,
    Named,
    Repeat,
    Row,
    count,
)
from nas.genotype.rewriting import everywhere

LARGEST = 1_000_000  # factor, or pixels


def scale(
    genotype: Genotype, width: float = 1.0, depth: float = 1.0, resolution: float | int = 1.0
) -> Genotype:
    """`width` times the channels, `depth` times the repeats on the main chain, `resolution` times
    the image's sides.

    A whole number of pixels above 8 may be given as the resolution. A factor of 1 changes
    nothing, not even by
    rounding. Raises GenotypeError for factors that aren't positive numbers.
    """
    for name, factor in (("width", width), ("depth", depth), ("resolution", resolution)):
        if (
            isinstance(factor, bool)
            or not isinstance(factor, int | float)
            or not 0 < factor <= LARGEST
        ):
            raise GenotypeError(
                f"scale's {name} must be a number above 0, at most {LARGEST}, "
                f"but got {shown(factor)}"
            )
    if width != 1:
        genotype = everywhere(genotype, lambda part: _wider(part, width))
    if depth != 1:
        genotype = _deeper(genotype, depth)
    if resolution != 1:
        genotype = everywhere(genotype, lambda part: _larger(part, resolution))
    return genotype


def _wider(part: Genotype, width: float) -> Genotype:
    if not isinstance(part, Leaf):
        return part
    kinds = {slot.name: slot.type.kind for slot in registry()[part.word].slots}
    scaled = {
        "channels": lambda v: round_channels(cast(int, v) * width),
        "heads": lambda v: max(1, round(cast(int, v) * width)),  # each as wide as before
    }
    values = {
        name: _each_option(value, scaled[kinds[name]]) if kinds[name] in scaled else value
        for name, value in part.values
    }
    return leaf(part.word, options=values)


def _each_option(value: Argument, change: object) -> Argument:
    """A value, or each option of a choice of values, changed; options that fall together become
    one."""
    if not isinstance(value, Choice):
        return None if value is None else change(value)  # type: ignore[operator]
    changed = (None if x is None else change(x) for x in value.options)  # type: ignore[operator]
    options = tuple(dict.fromkeys(changed))
    return options[0] if len(options) == 1 else Choice(options, value.name)


def _deeper(part: Genotype, depth: float) -> Genotype:
    """Repeats of the main chain only; `* 1` marks a stage too."""

    def copies(times: object) -> int:
        return max(1, math.ceil(cast(int, times) * depth - 1e-9))

    match part:
        case Chain(items=items):
            return Chain(tuple(_deeper(item, depth) for item in items))
        case Named(body=body):
            return replace(part, body=_deeper(body, depth))
        case Repeat(times=times):
            more = _each_option(times, copies)
            return replace(part, times=count(more))
        case Row(copies=unequal):
            wanted = cast(int, count(copies(len(unequal))))
            return row((unequal + unequal[-1:] * (wanted - len(unequal)))[:wanted])
    return part


def _larger(part: Genotype, resolution: float | int) -> Genotype:
    if not isinstance(part, Image):
        return part
    if isinstance(resolution, int) and resolution > 8:
        return image(part.channels, resolution)
    return image(
        part.channels, *(max(1, round(side * resolution)) for side in (part.height, part.width))
    )
