"""Marks: what a page is made of, each with the rectangle that it covers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

# Widths of characters in em, those of DejaVu Sans: Helvetica, Arial and Liberation Sans are
# narrower, so that text fits its box in whatever sans-serif a viewer has.
_WIDTHS = {
    0.28: "'ijl",
    0.32: " ,.IJ·|",
    0.39: "/:;\\f()-[]t!r",
    0.50: '"*_`–',
    0.57: "?Lcszvxyk",
    0.64: "$0123456789EFPSTYabdeghnopqu{}K",
    0.72: "ABCRVXZHNU",
    0.80: "&DGOQ",
    0.84: "#+<=>^w~×→",
    0.95: "M%",
    1.00: "@Wm…⋯",
}
_WIDTH = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_BOLD = 1.1
TAIL = 9.0  # between a text and its tail, pixels
ASCENT, DESCENT = 0.76, 0.22  # of a line of text, in em


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """At most how many pixels a line of text takes."""
    return sum(_WIDTH.get(letter, 1.0) for letter in text) * size * (_BOLD if bold else 1.0)


def clipped(text: str, size: float, most: float) -> str:
    """The text, or as much of it as fits into `most` pixels."""
    while text and width_of(text, size) > most:
        text = text.rstrip("…")[:-1].rstrip(" ·,|") + "…"
        if text == "…":
            break
    return text


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, right, bottom in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box, by: float = 0.01) -> bool:
        """Whether the two overlap."""
        return (
            self.left < other.right - by
            and other.left < self.right - by
            and self.top < other.bottom - by
            and other.top < self.bottom - by
        )

    def holds(self, other: Box, by: float = 0.01) -> bool:
        """Whether the other lies inside."""
        return (
            self.left <= other.left + by
            and self.top <= other.top + by
            and self.right >= other.right - by
            and self.bottom >= other.bottom - by
        )


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle with round corners; `style` is its class."""

    x: float
    y: float
    width: float
    height: float
    style: str
    round: float = 5.0

    @property
    def box(self) -> Box:
        """What it covers."""
        return Box(self.x, self.y, self.x + self.width, self.y + self.height)

    def moved(self, dx: float, dy: float, by: float = 1.0) -> Rect:
        """The same elsewhere, `by` times as large."""
        wide, high = self.width * by, self.height * by
        corner = self.round * by
        return Rect(self.x * by + dx, self.y * by + dy, wide, high, self.style, corner)


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text; `y` is its base line, `anchor` start, middle or end."""

    x: float
    y: float
    text: str
    size: float = 13.0
    anchor: str = "start"
    style: str = "text"
    bold: bool = False
    tail: str = ""  # behind it, smaller and paler

    @property
    def wide(self) -> float:
        """At most how many pixels it takes."""
        wide = width_of(self.text, self.size, bold=self.bold)
        return wide + (TAIL + width_of(self.tail, self.size - 2) if self.tail else 0.0)

    @property
    def box(self) -> Box:
        """What it covers at most."""
        wide = self.wide
        left = self.x - {"start": 0.0, "middle": wide / 2, "end": wide}[self.anchor]
        return Box(left, self.y - ASCENT * self.size, left + wide, self.y + DESCENT * self.size)

    def moved(self, dx: float, dy: float, by: float = 1.0) -> Text:
        """The same elsewhere, `by` times as large."""
        return replace(self, x=self.x * by + dx, y=self.y * by + dy, size=self.size * by)


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points: straight pieces, or with `smooth` curves that leave and arrive
    upright; an arrow's head at its end."""

    points: tuple[tuple[float, float], ...]
    style: str = "edge"
    smooth: bool = True
    arrow: bool = True

    @property
    def box(self) -> Box:
        """What it covers."""
        xs, ys = [x for x, _ in self.points], [y for _, y in self.points]
        return Box(min(xs), min(ys), max(xs), max(ys))

    def moved(self, dx: float, dy: float, by: float = 1.0) -> Curve:
        """The same elsewhere, `by` times as large."""
        return replace(self, points=tuple((x * by + dx, y * by + dy) for x, y in self.points))


Mark: TypeAlias = Rect | Text | Curve


def moved(marks: Iterable[Mark], dx: float, dy: float, by: float = 1.0) -> list[Mark]:
    """All marks elsewhere, `by` times as large."""
    return [mark.moved(dx, dy, by) for mark in marks]
