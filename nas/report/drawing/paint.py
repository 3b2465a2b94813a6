"""From a page to SVG: colours, light and dark, and the marks as elements.

Text stays text, in whatever sans-serif the viewer has. Colours are classes, so that a page that
embeds the drawing may follow the reader's light or dark scheme.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from html import escape

from nas.report.drawing.marks import TAIL, Curve, Mark, Rect, Text
from nas.report.drawing.page import Page

FONT = "Helvetica, Arial, sans-serif"
ROUND = 8.0  # of a corner, pixels
HEAD = 6.0  # an arrow's


class Theme(StrEnum):
    """Which colours: those of the reader's scheme, or always the same."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


# kind -> (fill, line, text); text stands at a contrast of 7 to its fill at least
_LIGHT = {
    "conv": ("#d5e5f8", "#2d6cb5", "#0d2a4d"),
    "depthwise": ("#d0eeea", "#17807a", "#07332f"),
    "linear": ("#e6dcf6", "#7049b0", "#2d1755"),
    "attention": ("#fadcea", "#b0366f", "#4f0d2d"),
    "pool": ("#fde8c4", "#b0730c", "#452b00"),
    "norm": ("#e9edf1", "#75828f", "#232b33"),
    "join": ("#ffffff", "#39444f", "#1a2027"),
    "shape": ("#eeeae2", "#877a63", "#362e1f"),
    "block": ("#dcefd3", "#4b8a2c", "#16330a"),
    "choice": ("#fff6bf", "#9a8500", "#3a3200"),
    "input": ("#ffffff", "#75828f", "#232b33"),
    "training": ("#ffffff", "#75828f", "#232b33"),
}
_DARK = {
    "conv": ("#17375d", "#6ea8e8", "#e6f0fb"),
    "depthwise": ("#0e403d", "#4fc0b6", "#dcf6f3"),
    "linear": ("#37235c", "#b090e6", "#f0e9fb"),
    "attention": ("#571838", "#ec86b4", "#fdeaf3"),
    "pool": ("#4d3407", "#e5ad4b", "#fdf1da"),
    "norm": ("#2c343c", "#93a1af", "#e9eef2"),
    "join": ("#14181d", "#c3ccd5", "#f2f5f8"),
    "shape": ("#3b3527", "#bcae91", "#f5f0e6"),
    "block": ("#22421a", "#86c766", "#e9f7e2"),
    "choice": ("#453d00", "#dcc73a", "#fdf8d5"),
    "input": ("#14181d", "#93a1af", "#e9eef2"),
    "training": ("#14181d", "#93a1af", "#e9eef2"),
}
COLOURS = (_LIGHT, _DARK)
PLAIN = {  # style -> (light, dark)
    "page": ("#ffffff", "#14181d"),
    "text": ("#1a2027", "#f2f5f8"),
    "muted": ("#55606b", "#aab5c0"),
    "edge": ("#39444f", "#c3ccd5"),
    "skip": ("#b0366f", "#ec86b4"),
    "band0": ("#f6f8fa", "#1a1f25"),
    "band1": ("#eaeff4", "#222930"),
    "panel": ("#fbfcfd", "#181d23"),
    "frame": ("#ccd5de", "#3a444e"),
    "bar": ("#8fa3b8", "#6b8097"),
    "badge": ("#1f2933", "#e9eef2"),
    "badge-text": ("#ffffff", "#14181d"),
}


def painted(page: Page, theme: Theme = Theme.AUTO) -> str:
    """The page as one SVG element, the same bytes for the same page."""
    width, height = _number(page.width), _number(page.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="nas-drawing" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" role="img" font-family="{FONT}">',
        f"<title>{escape(page.title)}</title>",
        f"<style>{_styles(theme)}</style>",
        f'<rect class="nas-page" width="{width}" height="{height}"/>',
    ]
    for mark in page.marks:
        parts += _drawn(mark)
    return "\n".join([*parts, "</svg>\n"])


def _styles(theme: Theme) -> str:
    light, dark = "".join(_rules(0)), "".join(_rules(1))
    if theme is Theme.AUTO:
        return f"{_FIXED}{light}@media (prefers-color-scheme: dark){{{dark}}}"
    return _FIXED + (dark if theme is Theme.DARK else light)


_FIXED = (
    ".nas-edge,.nas-skip,.nas-dashed{fill:none;stroke-width:1.4}"
    ".nas-dashed,.nas-training{stroke-dasharray:4 3}"
    ".nas-panel{stroke-width:1}"
)


def _rules(scheme: int) -> Iterator[str]:
    plain = {name: pair[scheme] for name, pair in PLAIN.items()}
    for name in ("page", "band0", "band1", "bar", "badge"):
        yield f".nas-{name}{{fill:{plain[name]}}}"
    for name in ("text", "muted", "badge-text"):
        yield f".nas-{name}{{fill:{plain[name]}}}"
    yield f".nas-panel{{fill:{plain['panel']};stroke:{plain['frame']}}}"
    for name in ("edge", "skip"):
        yield f".nas-{name}{{stroke:{plain[name]}}}.nas-{name}-head{{fill:{plain[name]}}}"
    yield f".nas-dashed{{stroke:{plain['muted']}}}.nas-dashed-head{{fill:{plain['muted']}}}"
    for name, (fill, line, text) in COLOURS[scheme].items():
        yield f".nas-{name}{{fill:{fill};stroke:{line}}}.nas-{name}-text{{fill:{text}}}"


def _drawn(mark: Mark) -> Iterator[str]:
    match mark:
        case Rect():
            names = " ".join(f"nas-{name}" for name in mark.style.split())
            sides = (mark.x, mark.y, mark.width, mark.height)
            x, y, width, height = map(_number, sides)
            rx = f' rx="{_number(mark.round)}"' if mark.round else ""
            yield (f'<rect class="{names}" x="{x}" y="{y}" width="{width}" height="{height}"{rx}/>')
        case Text():
            anchor = "" if mark.anchor == "start" else f' text-anchor="{mark.anchor}"'
            bold = ' font-weight="bold"' if mark.bold else ""
            yield (
                f'<text class="nas-{mark.style}" x="{_number(mark.x)}" y="{_number(mark.y)}" '
                f'font-size="{_number(mark.size)}"{anchor}{bold}>'
                f"{escape(mark.text)}{_tail(mark)}</text>"
            )
        case Curve():
            yield from _curve(mark)


def _tail(mark: Text) -> str:
    if not mark.tail:
        return ""
    return (
        f'<tspan class="nas-muted" dx="{_number(TAIL)}" font-size="{_number(mark.size - 2)}" '
        f'font-weight="normal">{escape(mark.tail)}</tspan>'
    )


def _curve(mark: Curve) -> Iterator[str]:
    points = list(mark.points)
    (bx, by), (ex, ey) = points[-2], points[-1]
    level = abs(ey - by) < 0.5  # it arrives from the side
    step = HEAD if (ex > bx if level else ey > by) else -HEAD
    points[-1] = (ex - step, ey) if level else (ex, ey - step)
    yield f'<path class="nas-{mark.style}" d="{_path(points)}"/>'
    x, y = _number(ex), _number(ey)
    if level:
        base = _number(ex - step * 1.2)
        corners = f"M{x} {y}L{base} {_number(ey - 3.6)}L{base} {_number(ey + 3.6)}Z"
    else:
        base = _number(ey - step * 1.2)
        corners = f"M{x} {y}L{_number(ex - 3.6)} {base}L{_number(ex + 3.6)} {base}Z"
    yield f'<path class="nas-{mark.style}-head" d="{corners}"/>'


def _path(points: list[tuple[float, float]]) -> str:
    """Upright and level pieces with round corners, anything else as a curve that is upright at
    both ends."""
    said = [f"M{_number(points[0][0])} {_number(points[0][1])}"]
    for n in range(1, len(points)):
        (ax, ay), (bx, by) = points[n - 1], points[n]
        level, upright = abs(by - ay) < 0.5, abs(bx - ax) < 0.5
        if not level and not upright:
            middle = _number((ay + by) / 2)
            said.append(
                f"C{_number(ax)} {middle} {_number(bx)} {middle} {_number(bx)} {_number(by)}"
            )
            continue
        if n + 1 < len(points):
            cx, cy = points[n + 1]
            turns = (upright and abs(cy - by) < 0.5) or (level and abs(cx - bx) < 0.5)
            if turns:
                cut = min(
                    ROUND, (abs(bx - ax) + abs(by - ay)) / 2, (abs(cx - bx) + abs(cy - by)) / 2
                )
                sx, sy = _towards(bx, by, ax, ay, cut)
                tx, ty = _towards(bx, by, cx, cy, cut)
                said.append(f"L{_number(sx)} {_number(sy)}")
                said.append(f"Q{_number(bx)} {_number(by)} {_number(tx)} {_number(ty)}")
                continue
        said.append(f"L{_number(bx)} {_number(by)}")
    return "".join(said)


def _towards(x: float, y: float, to_x: float, to_y: float, by: float) -> tuple[float, float]:
    far = abs(to_x - x) + abs(to_y - y)
    share = by / far if far else 0.0
    return x + (to_x - x) * share, y + (to_y - y) * share


def _number(value: float) -> str:
    return f"{round(value, 1):g}" if abs(value) < 1e5 else str(round(value))
