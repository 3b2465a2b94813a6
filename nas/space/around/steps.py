"""Steps: what the values next to a field's own are, by the field's kind."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias, cast

from nas.blocks import Entry, Slot
from nas.blocks.fields import Scalar, round_channels

Steps: TypeAlias = tuple[Scalar, ...]

SQUEEZE = "se"  # what blocks call their squeeze-and-excitation
SQUEEZED = 0.25  # channels per channel, where a squeeze comes in (MnasNet, arXiv:1807.11626)
KERNELS = (3, 7)  # sides in pixels, the least and the most that are stepped to
NARROWER, WIDER = Fraction(3, 4), Fraction(5, 4)  # as MnasNet's widths
ACTIVATIONS = ("relu", "silu", "hardswish")
GATES = ("none", "sigmoid", "hardsigmoid", "softmax")  # no activations between layers
MORE_GROUPS = (2, 4)  # where there was one


def steps(entry: Entry, slot: Slot, value: object) -> Steps:
    """The values that a search tries instead of `value`, which is left out; () where it stays.

    Several may be offered for one step, the better first (channels in multiples of 8, else exact).
    """
    if value is None:
        return ()
    match slot.type.kind:
        case "kernel" if slot.name == "kernel" and not entry.make.keeps_stride:
            return _kernels(value)
        case "channels":
            return _widths(cast(int, value))
        case "ratio" if slot.name == SQUEEZE:
            return (0.0,) if value else (SQUEEZED,)
        case "ratio" if value:
            ratio = cast(float, value)
            return ratio / 2, ratio * 1.5
        case "switch" if slot.name == SQUEEZE:
            return (not value,)
        case "groups" if value == 1:
            return MORE_GROUPS if entry.make.residual else ()
        case "groups" | "heads" | "group_width":
            return _doubled(cast(int, value))
        case "repeats":
            return repeats(cast(int, value))
        case "activation" if value not in GATES and slot.name == "act":
            return tuple(each for each in ACTIVATIONS if each != value)
    return ()


def repeats(times: int) -> tuple[int, ...]:
    """One copy fewer, one more."""
    return (times - 1, times + 1) if times > 1 else (2,)


def _kernels(value: object) -> Steps:
    if isinstance(value, tuple):
        long = max(cast("tuple[int, int]", value))
        pairs = cast("tuple[int, int]", value)
        return tuple(
            cast("tuple[int, int]", tuple(new if side == long else side for side in pairs))
            for new in _sides(long)
        )
    return _sides(cast(int, value))


def _sides(side: int) -> tuple[int, ...]:
    least, most = KERNELS
    return tuple(
        new for new in (side - 2, side + 2) if new >= least and (new <= most or new < side)
    )


def _widths(channels: int) -> tuple[int, ...]:
    found = []
    for factor in (NARROWER, WIDER):
        exact = max(1, round(channels * factor))
        rounded = round_channels(float(channels * factor))
        fits = rounded != channels and (rounded < channels) == (factor < 1)
        found += [rounded, exact] if fits else [exact]
    return tuple(dict.fromkeys(each for each in found if each != channels))


def _doubled(number: int) -> tuple[int, ...]:
    return (number // 2, 2 * number) if number % 2 == 0 else (2 * number,)
