"""One panel: the inside of a block, its operations from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas.report.drawing.label import Kind, Label
from nas.report.drawing.layers import Laid, laid
from nas.report.drawing.marks import ASCENT, Curve, Mark, Rect, Text, moved, width_of
from nas.report.drawing.narrow import narrowed
from nas.report.drawing.network import Panel, letter

HEAD, FOOT = 13.0, 11.5  # sizes of text, pixels
LINE = 15.0
WIDE = 150.0  # of a box's second line before it is broken
ROUND = 22.0  # a sum's or product's circle
BADGE = 18.0
PAD = 12.0  # inside a panel's frame
TITLE = 30.0
WIDEST = 1480.0  # what a page has room for


@dataclass(frozen=True, slots=True)
class Figure:
    """Marks in a frame of this size."""

    marks: tuple[Mark, ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Shape:
    """A box's size and lines."""

    width: float
    height: float
    lines: tuple[str, ...]
    letters: tuple[str, ...] = ()
    times: str = ""


def figure(panel: Panel, number: int) -> Figure:
    """The panel's drawing, its frame and title included, narrowed where no page holds it."""
    lay, shapes = _laid(panel)
    if lay.width > WIDEST:
        unit, firsts = narrowed(panel.unit)
        panel = Panel(unit, tuple(panel.refers[i] for i in firsts))
        lay, shapes = _laid(panel)
    unit = panel.unit
    kinds = [vertex.label.kind for vertex in unit.vertices]
    inner: list[Mark] = list(_edges(lay, shapes, kinds, unit.edges))
    for shape, vertex, (x, y) in zip(shapes, unit.vertices, lay.centres, strict=True):
        inner += _box(shape, vertex.label, x, y)
    title, wide, high = _title(unit.title, number, lay.width)
    width = max(lay.width, wide) + 2 * PAD
    height = lay.height + high + 2 * PAD
    frame = Rect(0, 0, width, height, "panel", 8)
    across = (width - lay.width) / 2
    return Figure(
        (frame, *moved(title, PAD, PAD), *moved(inner, across, PAD + high)), width, height
    )


def _laid(panel: Panel) -> tuple[Laid, list[_Shape]]:
    unit = panel.unit
    shapes = [
        _shape(vertex.label, refers, sum(b == n for _, b in unit.edges))
        for n, (vertex, refers) in enumerate(zip(unit.vertices, panel.refers, strict=True))
    ]
    late = [n for n, v in enumerate(unit.vertices) if v.label.kind is Kind.INPUT and n]
    return laid([(shape.width, shape.height) for shape in shapes], unit.edges, late), shapes


def badge(text: str, x: float, y: float) -> list[Mark]:
    """A panel's letter in a small square; (x, y) is its left, top corner."""
    wide = max(BADGE, width_of(text, 12, bold=True) + 6)
    return [
        Rect(x, y, wide, BADGE, "badge", 4),
        Text(x + wide / 2, y + 13.4, text, 12, "middle", "badge-text", bold=True),
    ]


def badge_width(text: str) -> float:
    """How wide a badge is, with the space behind it."""
    return max(BADGE, width_of(text, 12, bold=True) + 6) + 5


def _title(title: Label, number: int, room: float) -> tuple[list[Mark], float, float]:
    """The title with its width and height: in two lines where the second would widen the panel."""
    name = letter(number)
    at = badge_width(name) + 2
    said = Text(at, 14, title.head, 14, bold=True, tail=title.foot)
    if title.foot and said.box.right > room:
        first = Text(at, 14, title.head, 14, bold=True)
        second = Text(0, 32, title.foot, 12, style="muted")
        wide = max(first.box.right, second.box.right)
        return [*badge(name, 0, 0), first, second], wide, TITLE + 16
    return [*badge(name, 0, 0), said], said.box.right, TITLE


def _shape(label: Label, refers: Sequence[int], reads: int) -> _Shape:
    if label.kind in (Kind.INPUT, Kind.OUTPUT):
        text = f"{label.what} {label.foot}".strip()
        return _Shape(width_of(text, 12), 16, (text,))
    if label.kind is Kind.JOIN:
        if label.what == "concat":
            return _Shape(max(74.0, 18.0 * reads), 22, ("concat",))
        return _Shape(ROUND, ROUND, (label.what,))
    times = "".join(dict(label.facts).get("times", ()))
    letters = tuple(letter(each) for each in refers)
    lines = (*label.head.split("\n"), *_broken(label.foot))
    head = width_of(lines[0], HEAD) + sum(map(badge_width, letters))
    if times:
        head += width_of(f"  × {times}", HEAD, bold=True)
    wide = max(head, *(width_of(line, FOOT) for line in lines[1:]), 40.0) + 18
    shadow = 4 if times else 0
    return _Shape(wide + shadow, 11 + LINE * len(lines) + shadow, lines, letters, times)


def _broken(text: str) -> list[str]:
    """The second line, in as many as it takes."""
    lines: list[str] = []
    for part in text.split(" · ") if text else []:
        longer = f"{lines[-1]} · {part}" if lines else part
        if lines and width_of(longer, FOOT) <= WIDE:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def _box(shape: _Shape, label: Label, x: float, y: float) -> list[Mark]:
    """A box around its centre."""
    if label.kind in (Kind.INPUT, Kind.OUTPUT):
        return [Text(x, y + 4.2, shape.lines[0], 12, "middle", "muted")]
    left, top = x - shape.width / 2, y - shape.height / 2
    if label.kind is Kind.JOIN:
        text, size = shape.lines[0], 12.0 if len(shape.lines[0]) > 1 else 17.0
        return [
            Rect(left, top, shape.width, shape.height, "join", 11),
            Text(x, y + size * 0.35, text, size, "middle", "join-text"),
        ]
    name = label.kind.name.lower()
    marks: list[Mark] = []
    wide, high = shape.width, shape.height
    if shape.times:
        wide, high = wide - 4, high - 4
        marks.append(Rect(left + 4, top + 4, wide, high, f"{name} behind"))
    marks.append(Rect(left, top, wide, high, name))
    base = top + (high - LINE * len(shape.lines)) / 2 + HEAD * ASCENT + 1.5
    size = FOOT if "\n" in label.what else HEAD
    head = width_of(shape.lines[0], size)
    badges = sum(map(badge_width, shape.letters))
    times = width_of(f"  × {shape.times}", HEAD, bold=True) if shape.times else 0.0
    at = left + wide / 2 - (head + badges + times) / 2
    for each in shape.letters:
        marks += badge(each, at, base - 13.2)
        at += badge_width(each)
    marks.append(Text(at + head / 2, base, shape.lines[0], size, "middle", f"{name}-text"))
    if shape.times:
        marks.append(
            Text(at + head + 9, base, f"× {shape.times}", HEAD, style=f"{name}-text", bold=True)
        )
    for line in shape.lines[1:]:
        base += LINE
        marks.append(Text(left + wide / 2, base, line, FOOT, "middle", f"{name}-text"))
    return marks


def _edges(
    lay: Laid, shapes: Sequence[_Shape], kinds: Sequence[Kind], edges: Sequence[tuple[int, int]]
) -> list[Mark]:
    """Lines from box to box, through their lanes."""
    sides = [
        _side(lay, shapes, edges, n) if kinds[b] is Kind.JOIN else None
        for n, (_, b) in enumerate(edges)
    ]
    arrive = _ports(lay, shapes, edges, [side is None for side in sides])
    marks: list[Mark] = []
    for n, (a, b) in enumerate(edges):
        (x, y), rank = lay.centres[a], lay.ranks[a]
        points = [(x, y + shapes[a].height / 2), (x, lay.bottoms[rank])]
        for lane in lay.lanes[n]:
            rank += 1
            points += [(lane, lay.tops[rank]), (lane, lay.bottoms[rank])]
        end, top = arrive[n], lay.centres[b][1] - shapes[b].height / 2
        side = sides[n]
        if side is not None:
            lane = lay.lanes[n][-1]
            points.append((lane, lay.centres[b][1]))
            points.append((side, lay.centres[b][1]))
            marks.append(Curve(tuple(_plain(points)), "edge"))
            continue
        points += [(end, lay.tops[lay.ranks[b]]), (end, top)]
        marks.append(Curve(tuple(_plain(points)), "edge"))
    return marks


def _plain(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without points that are the one before."""
    kept = points[:1]
    for point in points[1:]:
        if abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) > 0.01:
            kept.append(point)
    return kept


def _before(lay: Laid, edges: Sequence[tuple[int, int]], n: int) -> float:
    """Where an edge comes from, across."""
    return lay.lanes[n][-1] if lay.lanes[n] else lay.centres[edges[n][0]][0]


def _ports(
    lay: Laid,
    shapes: Sequence[_Shape],
    edges: Sequence[tuple[int, int]],
    above: Sequence[bool],
) -> list[float]:
    """Where each edge arrives, across: side by side in the order in which they come."""
    into: dict[int, list[int]] = {}
    for n, (_, b) in enumerate(edges):
        if above[n]:
            into.setdefault(b, []).append(n)
    found = [0.0] * len(edges)
    for b, some in into.items():
        centre, width = lay.centres[b][0], shapes[b].width
        some.sort(key=lambda n: (_before(lay, edges, n), n))
        room = width - (16 if width > 40 else 8)
        apart = min(room / max(1, len(some) - 1), 18.0)
        for place, n in enumerate(some):
            found[n] = centre + (place - (len(some) - 1) / 2) * apart if len(some) > 1 else centre
    return found


def _side(
    lay: Laid, shapes: Sequence[_Shape], edges: Sequence[tuple[int, int]], n: int
) -> float | None:
    """Where an edge enters a circle from the side: from a lane with nothing in between; else
    None."""
    a, b = edges[n]
    if not lay.lanes[n] or shapes[b].lines == ("concat",):
        return None
    lane, x = lay.lanes[n][-1], lay.centres[b][0]
    if abs(lane - x) < shapes[b].width / 2 + 10:
        return None
    others = [m for m, (_, end) in enumerate(edges) if end == b and m != n]
    left = lane < x
    if any(
        (_before(lay, edges, m) < x - 12) == left and abs(_before(lay, edges, m) - x) > 12
        for m in others
    ):
        return None
    low, high = min(lane, x) - 8, max(lane, x) + 8
    for i, shape in enumerate(shapes):
        if i == b or lay.ranks[i] != lay.ranks[b]:
            continue
        if lay.centres[i][0] + shape.width / 2 > low and lay.centres[i][0] - shape.width / 2 < high:
            return None
    for m, (start, _) in enumerate(edges):  # lanes that pass this layer
        rank = lay.ranks[b] - lay.ranks[start] - 1
        if 0 <= rank < len(lay.lanes[m]) and low < lay.lanes[m][rank] < high and start != a:
            return None
    return x + (-1 if left else 1) * shapes[b].width / 2
