"""The network from top to bottom: a box for each stage, on bands of one map size, with what comes
out, what it costs, and which earlier ones it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nas.quantity import spoken
from nas.report.drawing.figure import Figure, badge, badge_width
from nas.report.drawing.label import Kind, Label, spelled
from nas.report.drawing.marks import Curve, Mark, Rect, Text, clipped, width_of
from nas.report.drawing.network import ONCE, Picture, Stage, letter

SIZE, SMALL = 13.0, 11.5
HIGH, GAP = 30.0, 22.0  # a box, and the edge below it
GUTTER = 16.0  # around the sizes of maps
LANE = 13.0
LEAST, MOST = 210.0, 420.0  # a box's width
BAR = 56.0
HEADER = 22.0
APART = 12.0  # auxiliary heads beside one stage


@dataclass(frozen=True, slots=True)
class _Row:
    """A stage, its lines of text and where it lies."""

    stage: Stage
    text: str
    times: str
    letters: tuple[str, ...]
    top: float

    @property
    def wide(self) -> float:
        """The box's width for all of it."""
        extra = sum(map(badge_width, self.letters)) + (
            width_of(self.times, SIZE, bold=True) + 14 if self.times else 0
        )
        return width_of(self.text, SIZE) + extra + 24


def column(picture: Picture) -> Figure:
    """The whole column."""
    main = [stage for stage in picture.stages if not stage.training]
    heads = [stage for stage in picture.stages if stage.training]
    rows = [_row(stage, HEADER + 6 + n * (HIGH + GAP)) for n, stage in enumerate(main)]
    numbers = {id(stage): n for n, stage in enumerate(picture.stages)}
    place = {numbers[id(stage)]: n for n, stage in enumerate(main)}
    arcs = _lanes(
        [
            (place[r], n)
            for n, stage in enumerate(main)
            for r in stage.reads
            if r in place and place[r] != n - 1
        ]
    )
    beside: dict[int, list[Stage]] = {}  # heads by the row that they read
    for head in heads:
        beside.setdefault(max((place.get(read, 0) for read in head.reads), default=0), []).append(
            head
        )
    aside = max((sum(map(_pill, some)) for some in beside.values()), default=0.0)
    count = 1 + max((lane for *_, lane in arcs), default=-1)
    gutter = GUTTER + max(width_of(_size(row.stage), 12, bold=True) for row in rows)
    left = gutter + (aside + 12 if heads else 0) + (count * LANE + 14 if count else 0)
    wide = min(MOST, max(LEAST, *(row.wide for row in rows)))
    right = left + wide
    figures = any(row.stage.params or row.stage.macs for row in rows)
    width = right + 20 + (66 + 16 + BAR + 62 if figures else 0)
    height = rows[-1].top + HIGH + 14
    marks: list[Mark] = [*_bands(rows, width, height)]
    marks += _header(right, figures)
    most = max((row.stage.macs for row in rows), default=0)
    for n, row in enumerate(rows):
        follows = n + 1 < len(rows) and _index(picture, row.stage) in rows[n + 1].stage.reads
        marks += _boxed(row, left, wide)
        marks += _below(row, left + wide / 2, follows, n + 1 < len(rows))
        marks += _figures(row, right + 20, most)
    for start, end, lane in arcs:
        x = left - 14 - lane * LANE
        up, down = rows[start].top + HIGH - 8, rows[end].top + 9
        marks.append(Curve(((left, up), (x, up), (x, down), (left, down)), "skip"))
    for n, some in beside.items():
        marks += _aside(some, rows[n], gutter + aside, left)
    return Figure(tuple(marks), width, height)


def _index(picture: Picture, stage: Stage) -> int:
    return next(n for n, each in enumerate(picture.stages) if each is stage)


def _row(stage: Stage, top: float) -> _Row:
    times = f"× {spelled(stage.times)}" if stage.times != ONCE else ""
    letters = tuple(letter(each) for each in stage.panels)
    row = _Row(stage, "", times, letters, top)
    text = ""
    for text in _texts(stage):
        row = _Row(stage, text, times, letters, top)
        if row.wide <= MOST:
            return row
    over = row.wide - MOST
    return _Row(stage, clipped(text, SIZE, width_of(text, SIZE) - over), times, letters, top)


def _texts(stage: Stage) -> list[str]:
    """What is said of a stage, from most to least."""
    labels = [_first(part.label) for part in stage.parts]
    labels = [replace(each, what=each.what.replace("\n", " | ")) for each in labels]
    if len(labels) == 1 and "name" in (found := dict(labels[0].facts)):
        of = spelled(found.get("of", ()))
        return [f"{found['name'][0]}:  {of}" if of else f"{found['name'][0]}: {labels[0].what}"]
    times = ["".join(dict(each.facts).get("times", ())) for each in labels]
    again = [f" × {n}" if n else "" for n in times]
    full = [each.line + n for each, n in zip(labels, again, strict=True)]
    heads = [each.head + n for each, n in zip(labels, again, strict=True)]
    widths = [
        ", ".join([each.head, *(spelled(v) for k, v in each.facts if k in ("width", "shift"))]) + n
        for each, n in zip(labels, again, strict=True)
    ]
    return [" → ".join(each) for each in (full, widths, heads)]


def _first(label: Label) -> Label:
    """As the first copy of a repeat has it: a stride is the first one's, by the language's rule."""
    kept = (
        (name, tuple(value for value in values if value) if name == "stride" else values)
        for name, values in label.facts
    )
    return Label(label.kind, label.what, tuple(kept))


def _lanes(edges: Sequence[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Each edge with the nearest lane that no edge beside it uses; short ones first."""
    taken: list[list[tuple[int, int]]] = []
    found = []
    for start, end in sorted(edges, key=lambda edge: (edge[1] - edge[0], edge)):
        for lane, others in enumerate(taken):  # noqa: B007 - read behind the loop
            if all(end <= a or b <= start for a, b in others):
                break
        else:
            lane = len(taken)
            taken.append([])
        taken[lane].append((start, end))
        found.append((start, end, lane))
    return found


def _kind(stage: Stage) -> str:
    """The colour of a stage: of what it mostly does."""
    kinds = [part.label.kind for part in stage.parts]
    for kind in (
        Kind.CHOICE,
        Kind.BLOCK,
        Kind.ATTENTION,
        Kind.CONV,
        Kind.DEPTHWISE,
        Kind.LINEAR,
        Kind.POOL,
    ):
        if kind in kinds:
            return kind.name.lower()
    return kinds[0].name.lower() if kinds else "norm"


def _boxed(row: _Row, left: float, wide: float) -> list[Mark]:
    name = _kind(row.stage)
    marks: list[Mark] = []
    if row.times:
        marks += [
            Rect(left + 6, row.top + 5, wide, HIGH, f"{name} behind"),
            Rect(left + 3, row.top + 2.5, wide, HIGH, f"{name} behind"),
        ]
    marks.append(Rect(left, row.top, wide, HIGH, name))
    at, base = left + 12, row.top + 19.5
    for each in row.letters:
        marks += badge(each, at, row.top + 6)
        at += badge_width(each)
    marks.append(Text(at, base, row.text, SIZE, style=f"{name}-text"))
    if row.times:
        marks.append(
            Text(left + wide - 12, base, row.times, SIZE, "end", f"{name}-text", bold=True)
        )
    return marks


def _below(row: _Row, x: float, follows: bool, more: bool) -> list[Mark]:
    """The edge to the next stage, and what is on it."""
    top = row.top + HIGH
    marks: list[Mark] = []
    if follows:
        marks.append(Curve(((x, top), (x, top + GAP)), "edge"))
    outputs = tuple(dict.fromkeys(row.stage.shapes))
    sign = " × " if len(outputs) == 1 else "×"
    shapes = ", ".join(sign.join(shape) for shape in outputs)
    if more:
        marks.append(Text(x + 9, top + 15.5, clipped(shapes, SMALL, 220), SMALL, style="muted"))
    return marks


def _header(right: float, figures: bool) -> list[Mark]:
    at = right + 20
    first = Text(8, 13, "map", SMALL, style="muted")
    if not figures:
        return [first]
    return [
        first,
        Text(at + 66, 13, "parameters", SMALL, "end", "muted"),
        Text(at + 82, 13, "multiply-adds", SMALL, style="muted"),
    ]


def _figures(row: _Row, at: float, most: int) -> list[Mark]:
    marks: list[Mark] = []
    base = row.top + 19.5
    if row.stage.params:
        marks.append(Text(at + 66, base, spoken(row.stage.params), 12, "end"))
    if row.stage.macs:
        long = max(1.0, BAR * row.stage.macs / most)
        marks.append(Rect(at + 82, row.top + 9, long, 12, "bar", 2))
        marks.append(Text(at + 82 + long + 6, base, spoken(row.stage.macs), 12))
    return marks


def _bands(rows: Sequence[_Row], width: float, height: float) -> list[Mark]:
    """A band behind the stages of each map size, in turn lighter and darker."""
    groups: list[tuple[str, list[_Row]]] = []
    for row in rows:
        size = _size(row.stage)
        if not groups or groups[-1][0] != size:
            groups.append((size, []))
        groups[-1][1].append(row)
    marks: list[Mark] = []
    for n, (size, members) in enumerate(groups):
        top = members[0].top - 6
        end = groups[n + 1][1][0].top - 6 if n + 1 < len(groups) else height
        marks.append(Rect(0, top, width, end - top, f"band{n % 2}", 0))
        if size:
            marks.append(Text(8, members[0].top + 19.5, size, 12, style="muted", bold=True))
    return marks


def _size(stage: Stage) -> str:
    """Of a stage's map (or the number of its tokens); nothing of a vector's."""
    sizes = stage.shapes[0][1:]
    return f"{sizes[0]} tok." if len(sizes) == 1 else "×".join(sizes)


def _pill(head: Stage) -> float:
    """How much room an auxiliary head's box takes."""
    letters = sum(badge_width(letter(each)) for each in head.panels)
    return letters + width_of(head.name, 12) + 16 + APART


def _aside(heads: Sequence[Stage], row: _Row, end: float, box: float) -> list[Mark]:
    """Auxiliary heads to the left of the stage that they read, the first one nearest."""
    top = row.top + 3
    marks: list[Mark] = []
    start = box
    for head in heads:
        wide = _pill(head) - APART
        left = end - wide
        marks.append(Curve(((start, top + 12), (end, top + 12)), "dashed"))
        marks.append(Rect(left, top, wide, 24, "training"))
        at = left + 8
        for panel in head.panels:
            marks += badge(letter(panel), at, top + 3)
            at += badge_width(letter(panel))
        marks.append(Text(at, top + 16.5, head.name, 12, style="muted"))
        start, end = left, left - APART
    return marks
