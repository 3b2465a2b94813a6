"""The front: what each candidate reaches and what it costs, and which are not beaten in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nas.report.figures.figure import Figure, Table
from nas.report.figures.thinning import apart

MOST = 1500  # points drawn
COSTS = ("macs", "params", "latency", "memory")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trial's figures at the highest level that any reached; None for what wasn't measured.
    latency in seconds for one image, memory in bytes; `front` says that no other dominates it."""

    trial: int
    accuracy: float | None
    loss: float | None
    score: float | None
    macs: float
    params: float
    latency: float | None
    memory: float | None
    front: bool
    best: bool
    genotype: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A figure of `Candidate`, as an axis names it, and whether larger is better."""

    field: str
    title: str
    larger: bool


def front(candidates: Sequence[Candidate], x: Axis, y: Axis, *, stairs: bool) -> Figure:
    """The candidates by two figures; with `stairs`, the front is of these two alone, and a line
    joins its members."""

    def place(row: Candidate) -> tuple[float, float]:
        return float(getattr(row, x.field)), float(getattr(row, y.field))

    known = [row for row in candidates if None not in (getattr(row, a.field) for a in (x, y))]
    members = sorted((row for row in known if row.front), key=lambda row: place(row))
    others = [row for row in known if not row.front]
    thin = apart(others, place, max(0, MOST - len(members)))
    shown = [*thin, *members] if len(thin) < len(others) else None
    table = Table("candidates", known, shown)
    return Figure(
        f"front-{x.field}",
        f"{y.title} against {x.title}"[0].upper() + f"{y.title} against {x.title}"[1:],
        {"layer": _layers(x, y, stairs=stairs, others=bool(others))},
        (table,),
        f"Large points are the front ({len(members)} of {len(known)} candidates"
        + (")" if stairs else ", by all objectives together)")
        + (", grey ones the others" if others else "")
        + "; the ring is the best. Point at one for its figures; click it "
        f"for its genotype.{table.thinned}",
    )


def _layers(x: Axis, y: Axis, *, stairs: bool, others: bool) -> list[dict[str, Any]]:
    encoding = {
        name: {
            "field": axis.field,
            "type": "quantitative",
            "title": axis.title,
            "scale": {"zero": False, "nice": True},
            "axis": {"format": "~s"} if axis.field in COSTS else {},
        }
        for name, axis in (("x", x), ("y", y))
    }
    hover = [
        {"field": "trial", "title": "trial"},
        {"field": y.field, "title": y.title, "format": ".5~g"},
        {"field": x.field, "title": x.title, "format": ",.6~g"},
    ]
    rest = {
        "transform": [{"filter": "!datum.front"}],
        "mark": {
            "type": "circle",
            "size": 34,
            "opacity": 1,
            "fillOpacity": 0.7,
            "cursor": "pointer",
            "style": "quiet",
        },
        "encoding": {**encoding, "tooltip": hover},
    }
    members = {
        "transform": [{"filter": "datum.front"}],
        "mark": {"type": "circle", "size": 90, "opacity": 1, "cursor": "pointer"},
        "encoding": {**encoding, "tooltip": hover},
    }
    best = {
        "transform": [{"filter": "datum.best"}],
        "mark": {"type": "point", "size": 230, "strokeWidth": 2, "style": "whisker"},
        "encoding": {**encoding, "tooltip": hover},
    }
    # from the cheapest on: a member holds until the next one costs more
    line = {
        "transform": [{"filter": "datum.front"}],
        "mark": {
            "type": "line",
            "interpolate": "step-before" if x.larger else "step-after",
            "tooltip": False,
            "opacity": 0.8,
        },
        "encoding": encoding,
    }
    return [*([rest] if others else []), *([line] if stairs else []), members, best]
