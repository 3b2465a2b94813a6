"""A network drawn in one screen of text: a band for each stage, as wide as its map, as dark as its
share of the work.

Bands are centred, so that a classifier looks like the funnel it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from nas.costs import Cost, Line

WIDTH = 33  # characters of a band as wide as the image
SHADES = "░▒▓█"  # by share of the MACs, of the largest stage's
NAME, WHAT = 14, 40  # characters


def sketch(cost: Cost) -> str:
    """A line for each part of the main chain, from the image to the classes; training-only parts
    have a `+`."""
    return "\n".join(_lines(cost))


def _lines(cost: Cost) -> Iterator[str]:
    most = max((line.macs for line in cost.stages), default=0)
    image = _side(cost.stages[0])
    for line in cost.stages:
        share = line.macs / most if most else 0.0
        shade = SHADES[min(len(SHADES) - 1, int(share * len(SHADES)))] if line.macs else "·"
        band = shade * max(1, round(WIDTH * min(1.0, _side(line) / image)))
        name = _cut(line.name + (" +" if line.training else ""), NAME)
        shape = "x".join(map(str, line.shape))
        yield f"{shape:>13} {band:^{WIDTH}} {name:<{NAME}} {_cut(line.what, WHAT)}".rstrip()


def _side(line: Line) -> float:
    """The side of a map in pixels, of a square of tokens, 0 of a vector."""
    sizes = line.shape[1:]
    return math.sqrt(math.prod(sizes)) if sizes else 0.0


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
