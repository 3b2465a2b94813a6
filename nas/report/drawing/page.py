"""A page: title, the network's column, a panel for each distinct block, and the legend."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from nas.report.drawing.column import column
from nas.report.drawing.figure import WIDEST, Figure, figure
from nas.report.drawing.label import Kind
from nas.report.drawing.maps import maps, plain
from nas.report.drawing.marks import Mark, Rect, Text, moved, width_of
from nas.report.drawing.network import Picture

MARGIN, SPACE = 36.0, 20.0
LEAST, MOST = 1000.0, 1600.0  # a page's width, pixels
SHAPE = 16 / 10  # wanted, width by height
SCALES = (1.0, 1.15, 1.3, 1.5, 0.96)  # of panels; the smallest text stays above 11 pixels
STEP = 60.0  # between widths that are tried
TITLE = 84.0
LEGEND = 44.0


@dataclass(frozen=True, slots=True)
class Page:
    """All marks of a drawing and its size in pixels."""

    title: str
    marks: tuple[Mark, ...]
    width: float
    height: float


def page(picture: Picture, title: str, lines: Sequence[str]) -> Page:
    """The drawing, under a title and lines below it."""
    left = column(picture)
    panels = [figure(panel, number) for number, panel in enumerate(picture.panels)]
    if plain(picture):
        drawn = maps(picture)
        panels += [drawn] if drawn.width <= WIDEST else []
    plan = _arranged(left, panels)
    marks: list[Mark] = [Text(MARGIN, MARGIN + 22, title, 26, bold=True)]
    for n, line in enumerate(lines):
        marks.append(Text(MARGIN, MARGIN + 46 + 18 * n, line, 14, style="muted"))
    top = MARGIN + TITLE
    marks += moved(left.marks, MARGIN, top, plan.column)
    for panel, (x, y) in zip(panels, plan.places, strict=True):
        marks += moved(panel.marks, MARGIN + x, top + y, plan.scale)
    legend = _legend(marks, plan.width)
    below = max((mark.box.bottom for mark in legend), default=0.0)
    marks += moved(legend, MARGIN, top + plan.height + 24)
    height = top + plan.height + 24 + below + MARGIN
    return Page(title, tuple(marks), plan.width + 2 * MARGIN, height)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where panels lie beside the column, how much it and they are enlarged, and the size of it
    all."""

    places: tuple[tuple[float, float], ...]
    column: float
    scale: float
    filled: float  # area
    width: float
    height: float

    @property
    def fault(self) -> float:
        """How far the page is from what is wanted: its shape, no wider than may be, and
        filled."""
        width, height = self.width + 2 * MARGIN, self.height + TITLE + LEGEND + 2 * MARGIN
        over = max(0.0, width - MOST) / MOST
        empty = 1 - self.filled / (self.width * self.height)
        return abs(math.log(width / height / SHAPE)) + 20 * over + empty


def _arranged(left: Figure, panels: Sequence[Figure]) -> _Plan:
    """The best of the plans: the column first, panels beside and below it."""
    least = LEAST - 2 * MARGIN
    if not panels:
        return _Plan((), 1.0, 1.0, 0.0, max(left.width, least), left.height)
    plans = []
    for wider, scale in product(SCALES[:3], SCALES):
        sizes = [(left.width * wider + SPACE / 2, left.height * wider)]
        sizes += [(panel.width * scale, panel.height * scale) for panel in panels]
        filled = sum(width * height for width, height in sizes)
        narrow, room = max(width for width, _ in sizes), MOST - 2 * MARGIN
        steps = int(max(0.0, room - narrow) // STEP) + 1
        for tried in (*(narrow + STEP * n for n in range(steps)), max(narrow, room)):
            for order in _orders(sizes, tried):
                there, wide, high = _packed([sizes[i] for i in order], tried)
                places = tuple(place for _, place in sorted(zip(order, there, strict=True)))
                size = max(wide, least), high
                plans.append(_Plan(places[1:], wider, scale, filled, *size))
    return min(plans, key=lambda plan: round(plan.fault, 6))


def _orders(sizes: Sequence[tuple[float, float]], width: float) -> list[list[int]]:
    """In which order things are put on the page: as they are, or what fits beside the column
    first."""
    given = list(range(len(sizes)))
    beside = width - sizes[0][0] - SPACE
    first = sorted(given, key=lambda i: i > 0 and sizes[i][0] > beside)
    return [given] if first == given else [given, first]


def _packed(
    sizes: Sequence[tuple[float, float]], width: float
) -> tuple[list[tuple[float, float]], float, float]:
    """Panels one after another, each at the highest free place in this width."""
    skyline: list[tuple[float, float, float]] = [(0.0, width, 0.0)]  # (from, to, height)
    places: list[tuple[float, float]] = []
    for across, down in sizes:
        options = []
        for start, _, _ in skyline:
            end = start + across
            if end > width + 0.5:
                continue
            y = max(high for a, b, high in skyline if a < end - 0.5 and b > start + 0.5)
            options.append((y, start))
        y, x = min(options) if options else (max(high for *_, high in skyline), 0.0)
        places.append((x, y))
        a, b = x, x + across + SPACE
        cut = [(s, min(e, a), h) for s, e, h in skyline if s < a]
        cut += [(max(s, b), e, h) for s, e, h in skyline if e > b]
        skyline = sorted([*cut, (a, b, y + down + SPACE)])
    ends = [(x + w, y + h) for (x, y), (w, h) in zip(places, sizes, strict=True)]
    return places, max(x for x, _ in ends), max(y for _, y in ends)


def _legend(marks: Sequence[Mark], width: float) -> list[Mark]:
    """The kinds that stand on the page, each with its colour, and how labels are read."""
    used = {mark.style.partition(" ")[0] for mark in marks if isinstance(mark, Rect)}
    told = [(kind.name.lower(), kind.value) for kind in Kind if kind is not Kind.INPUT]
    told = [each for each in [*told, ("training", "in training only")] if each[0] in used]
    found: list[Mark] = []
    x, y = 0.0, 0.0
    for name, text in told:
        wide = 25 + width_of(text, 12)
        if x and x + wide > width:
            x, y = 0.0, y + 24
        found += [Rect(x, y, 18, 14, name, 3), Text(x + 25, y + 11.5, text, 12, style="muted")]
        x += wide + 22
    if any(isinstance(mark, Text) and _several(mark) for mark in marks):
        text = "a|b and a … b: of one panel's blocks in turn; (a): of some only"
        if x + width_of(text, 12) > width:
            x, y = 0.0, y + 24
        found.append(Text(x, y + 11.5, text, 12, style="muted"))
    return found


def _several(mark: Text) -> bool:
    return bool(re.search(r"\S\|\S| … ", f"{mark.text} {mark.tail}"))
