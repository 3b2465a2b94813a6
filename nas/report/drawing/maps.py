"""The maps of a plain network as planes, one behind the other, as LeNet-5's and AlexNet's papers
draw them."""

from __future__ import annotations

import math

from nas.report.drawing.figure import PAD, Figure
from nas.report.drawing.label import Kind
from nas.report.drawing.marks import Curve, Mark, Rect, Text, width_of
from nas.report.drawing.network import Picture, Stage

LARGEST, SMALLEST = 120.0, 14.0  # sides of a map, pixels
BEHIND = 4.0  # from plane to plane
THIN = 12.0  # a vector's width
GAP = 30.0
SIZE = 11.5


def maps(picture: Picture) -> Figure:
    """What comes out of each stage: a map as wide as its sides, in more planes the more channels
    it has; a vector longer the more numbers it has, both by their logarithm."""
    stages = [stage for stage in picture.stages if not stage.training]
    most = max((_side(stage) for stage in stages), default=1.0)
    marks: list[Mark] = [Text(PAD, PAD + 14, "what comes out", 14, bold=True)]
    middle, at = PAD + 40 + LARGEST / 2 + 16, PAD
    edge: tuple[float, float] | None = None
    for stage in stages:
        wide, high, planes = _size(stage, most)
        channels, *sizes = stage.shapes[0]
        told = (channels, "×".join(sizes))
        slot = max(wide + BEHIND * (planes - 1), *(width_of(text, SIZE) for text in told))
        left = at + (slot - wide - BEHIND * (planes - 1)) / 2
        top = middle - high / 2
        if edge is not None:
            marks.append(Curve((edge, (left - 5, middle)), "edge"))
        style = stage.parts[-1].label.kind.name.lower()
        for plane in range(planes - 1, 0, -1):
            shift = BEHIND * plane
            marks.append(Rect(left + shift, top - shift, wide, high, f"{style} behind", 1))
        marks.append(Rect(left, top, wide, high, style, 1))
        below = middle + LARGEST / 2 + 20
        for text in told:
            marks.append(Text(at + slot / 2, below, text, SIZE, "middle", "muted"))
            below += 15
        edge = (left + wide + BEHIND * (planes - 1) + 5, middle)
        at += slot + GAP
    width, height = at - GAP + PAD, middle + LARGEST / 2 + 38 + PAD
    return Figure((Rect(0, 0, width, height, "panel", 8), *marks), width, height)


def _side(stage: Stage) -> float:
    """The side of a map in pixels, of a square of tokens; 0 of a vector."""
    sizes = [float(side) for side in stage.shapes[0][1:]]
    return math.sqrt(math.prod(sizes)) if sizes else 0.0


def _size(stage: Stage, most: float) -> tuple[float, float, int]:
    """Width and height of a plane, and how many."""
    doublings = math.log2(max(2.0, float(stage.shapes[0][0])))
    if len(stage.shapes[0]) == 1:
        return THIN, SMALLEST + 8 * doublings, 1
    side = max(SMALLEST, LARGEST * math.sqrt(_side(stage) / most))
    return side, side, max(1, round(doublings / 1.5))


def plain(picture: Picture) -> bool:
    """Whether it is worth drawing: of networks that are all in their column."""
    sized = [stage for stage in picture.stages if all(s.isdigit() for s in stage.shapes[0])]
    layers = [part.label.kind for stage in sized for part in stage.parts]
    return not picture.panels and len(sized) == len(picture.stages) and Kind.CONV in layers
