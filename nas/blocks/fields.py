"""The types of a block's fields: what a value must be, and what scaling and mutation may do with
it.

A block annotates its fields with these; `Field.coerce` turns what was written into the declared
type or says why not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, TypeAlias, get_args, get_origin

from nas.errors import nearest, shown
from nas.graph import Inside
from nas.ops import ACTIVATIONS, Pair

LARGEST_WIDTH = 1 << 20  # channels; more is a slip of the pen
LARGEST_SIDE = 1 << 14  # pixels
DIVISOR = 8  # scaled channels come in multiples of it

Scalar: TypeAlias = int | float | bool | str | Pair | None


@dataclass(frozen=True, slots=True)
class Field:
    """One kind of field: `coerce` gives the value in the declared type or raises ValueError with
    the rule."""

    kind: str  # what scaling and mutation go by: "channels", "repeats", "kernel", "stride", ...
    rule: str  # "a whole number of channels from 1 to 1048576"
    convert: Callable[[object], Scalar]

    def coerce(self, value: object) -> Scalar:
        """`value` as the declared type; ValueError with the rule and the value."""
        try:
            return self.convert(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"must be {self.rule}, but got {shown(value)}") from None


def round_channels(channels: float, divisor: int = DIVISOR) -> int:
    """The nearest multiple of `divisor`, at least one of it, and never below 90 % of `channels`."""
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


def multiple(unit: int, share: float) -> int:
    """The fewest channels whose `share` is whole multiples of `unit`; of next to nothing, any."""
    exact = Fraction(share).limit_denominator(1_000)
    return (unit / exact).numerator if exact else 1


def _whole(low: int, high: int) -> Callable[[object], int]:
    def convert(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError
        number = int(value)
        if number != value or not low <= number <= high:
            raise ValueError
        return number

    return convert


def _real(low: float, high: float, *, open_end: bool = False) -> Callable[[object], float]:
    def convert(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError
        number = float(value)
        if not low <= number <= high or (open_end and number == high):
            raise ValueError
        return number

    return convert


def _sides(low: int, high: int) -> Callable[[object], int | Pair]:
    whole = _whole(low, high)

    def convert(value: object) -> int | Pair:
        if not isinstance(value, tuple):
            return whole(value)
        first, second = (whole(side) for side in value)
        return first if first == second else (first, second)

    return convert


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _padding(value: object) -> int | str | Pair:
    if value in ("half", "same", "valid"):
        return str(value)
    return _sides(0, LARGEST_SIDE)(value)


def _expression(value: object) -> Scalar:
    raise TypeError  # one that fits is bound by nas.genotype.binding


def _name(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\w+(\.\w+)*", value, re.ASCII):
        raise TypeError
    return value


def one_of(*names: str) -> Field:
    """A field that is one of a few words."""

    def convert(value: object) -> str:
        if value not in names:
            raise ValueError
        return str(value)

    return Field("word", "one of " + ", ".join(map(repr, names)), convert)


class _Named(Field):
    """A field that is a word of a long list; the error names the nearest."""

    __slots__ = ()

    def coerce(self, value: object) -> Scalar:
        """The word; ValueError names the nearest one."""
        words = ("none", *ACTIVATIONS)
        if value not in words:
            hint = nearest(str(value), words) or f"; known: {', '.join(words)}"
            raise ValueError(f"must be an activation, but got {shown(value)}{hint}")
        return str(value)


Channels = Annotated[
    int,
    Field(
        "channels",
        f"a whole number of channels from 1 to {LARGEST_WIDTH}",
        _whole(1, LARGEST_WIDTH),
    ),
]
Classes = Annotated[
    int,
    Field(
        "classes", f"a whole number of classes from 1 to {LARGEST_WIDTH}", _whole(1, LARGEST_WIDTH)
    ),
]
Repeats = Annotated[
    int, Field("repeats", "a whole number of repeats from 1 to 1000", _whole(1, 1_000))
]
Heads = Annotated[int, Field("heads", "a whole number of heads from 1 to 10000", _whole(1, 10_000))]
Groups = Annotated[
    int,
    Field(
        "groups", f"a whole number of groups from 1 to {LARGEST_WIDTH}", _whole(1, LARGEST_WIDTH)
    ),
]
GroupWidth = Annotated[
    int,
    Field(
        "group_width",
        f"a whole number of channels from 1 to {LARGEST_WIDTH}",
        _whole(1, LARGEST_WIDTH),
    ),
]
Kernel = Annotated[
    int | Pair,
    Field("kernel", "a side in pixels from 1 to 255, or (height, width)", _sides(1, 255)),
]
Stride = Annotated[
    int | Pair,
    Field("stride", "a step in pixels from 1 to 255, or (vertical, horizontal)", _sides(1, 255)),
]
Size = Annotated[
    int | Pair,
    Field(
        "size",
        f"a side in pixels from 1 to {LARGEST_SIDE}, or (height, width)",
        _sides(1, LARGEST_SIDE),
    ),
]
Dilation = Annotated[
    int | Pair,
    Field("dilation", "a step in pixels from 1 to 255, or (height, width)", _sides(1, 255)),
]
Padding = Annotated[
    int | str | Pair,
    Field("padding", 'pixels on each side, "half", "same" or "valid"', _padding),
]
Window = Annotated[
    int | Pair,
    Field("window", "a side in pixels from 1 to 255, or (height, width)", _sides(1, 255)),
]
Distance = Annotated[
    int | Pair, Field("distance", "pixels from 0 to 255, or (vertical, horizontal)", _sides(0, 255))
]
Count = Annotated[int, Field("count", "a whole number from 1 to 10000", _whole(1, 10_000))]
Ratio = Annotated[float, Field("ratio", "a number from 0 to 1000", _real(0, 1000))]
Positive = Annotated[float, Field("ratio", "a number above 0, to 1000", _real(1e-9, 1000))]
Rate = Annotated[
    float, Field("rate", "a probability from 0 to below 1", _real(0, 1, open_end=True))
]
Switch = Annotated[bool, Field("switch", "True or False", _switch)]
Name = Annotated[str, Field("name", 'the name of an output, such as "a"', _name)]
Expression = Annotated[
    Inside, Field("expression", "an expression such as conv(32, 3) | maxpool", _expression)
]
Normalization = Annotated[str, one_of("batch", "layer", "none")]
Activation = Annotated[str, _Named("activation", "an activation", str)]


def field_of(annotation: object) -> tuple[Field, bool]:
    """The `Field` in an annotation, and whether None is allowed too; TypeError where a block has
    none."""
    optional = False
    if get_origin(annotation) is not Annotated:
        arms = [arm for arm in get_args(annotation) if arm is not type(None)]
        optional = len(arms) != len(get_args(annotation))
        if len(arms) != 1:
            raise TypeError(
                f"a block's field needs a type of nas.blocks.fields, but got {annotation!r}"
            )
        annotation = arms[0]
    for extra in get_args(annotation)[1:]:
        if isinstance(extra, Field):
            return extra, optional
    raise TypeError(f"a block's field needs a type of nas.blocks.fields, but got {annotation!r}")
