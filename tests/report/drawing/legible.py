"""What makes a page legible, by the rectangles of its marks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from nas.report.drawing.marks import Box, Curve, Mark, Rect, Text
from nas.report.drawing.page import Page

BEHIND = ("band0", "band1", "panel")  # what other marks stand on


def assert_legible(page: Page) -> None:
    assert page.width <= 1600.5
    canvas = Box(0, 0, page.width, page.height)
    assert [mark for mark in page.marks if not canvas.holds(mark.box)] == []
    texts = [mark for mark in page.marks if isinstance(mark, Text)]
    rects = [mark for mark in page.marks if isinstance(mark, Rect)]
    boxes = [rect for rect in rects if rect.style not in BEHIND and "behind" not in rect.style]
    small = [rect for rect in boxes if rect.style in ("badge", "bar")]
    large = [rect for rect in boxes if rect not in small]
    panels = [rect for rect in rects if rect.style == "panel"]
    assert min(text.size for text in texts) * 1600 / page.width >= 11
    assert [(a, b) for a, b in meeting(texts, texts) if a is not b] == []
    assert [(a, b) for a, b in meeting(large, large) if a is not b] == []
    assert [(a, b) for a, b in meeting(panels, panels) if a is not b] == []
    assert [(a, b) for a, b in meeting(texts, boxes) if not b.box.holds(a.box)] == []
    assert [(a, b) for a, b in meeting([*texts, *large], panels) if not b.box.holds(a.box)] == []
    curves = [mark for mark in page.marks if isinstance(mark, Curve)]
    assert [(a, b) for a, b in meeting(curves, [*large, *texts]) if crosses(a, b.box)] == []


def meeting(some: Sequence[Mark], others: Sequence[Mark]) -> Iterator[tuple[Mark, Mark]]:
    """Pairs whose rectangles overlap."""
    ordered = sorted(others, key=lambda mark: mark.box.top)
    boxes = [mark.box for mark in ordered]
    tops = [box.top for box in boxes]
    tallest = max((box.bottom - box.top for box in boxes), default=0.0)
    for mark in some:
        here = grown(mark.box) if isinstance(mark, Curve) else mark.box
        first = bisect_right(tops, here.top - tallest - 1)
        for index in range(first, bisect_right(tops, here.bottom)):
            if here.meets(boxes[index]):
                yield mark, ordered[index]


def grown(box: Box) -> Box:
    return Box(box.left - 1, box.top - 1, box.right + 1, box.bottom + 1)


def crosses(curve: Curve, box: Box) -> bool:
    """Whether it runs through the box, not just to its border."""
    inner = Box(box.left + 1, box.top + 1, box.right - 1, box.bottom - 1)
    for (ax, ay), (bx, by) in pairwise(curve.points):
        for step in range(13):
            t = step / 12
            x, y = ax + (bx - ax) * t, ay + (by - ay) * t
            if abs(ax - bx) > 0.5 and abs(ay - by) > 0.5:  # upright at both ends
                x = ax + (bx - ax) * (3 * t * t - 2 * t**3)
                y = ay + (by - ay) * (1.5 * t - 1.5 * t * t + t**3)
            if inner.left < x < inner.right and inner.top < y < inner.bottom:
                return True
    return False
