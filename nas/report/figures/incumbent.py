"""The incumbent: the best result so far, over the run's time and over its results, beside what the
best of so many random candidates is to be expected to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nas.report.figures.figure import Figure, Table
from nas.report.figures.thinning import spread


@dataclass(frozen=True, slots=True)
class Result:
    """A result of a trial: `after` so many seconds of the run, as its `order`-th; `level` says what
    it measures ("trained", "2 of 4 epochs"), and only results of one level are comparable."""

    trial: int
    order: int
    after: float
    level: str
    value: float
    best: float  # of this level, so far
    improves: bool


@dataclass(frozen=True, slots=True)
class Chance:
    """The best of so many random candidates, `after` so many seconds at the pace of the run: its
    expected value and the interval that holds it in 90 of a hundred searches."""

    draws: int
    after: float
    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """A random search, and in a sentence where its candidates come from; without any, why there
    is none."""

    says: str
    chances: tuple[Chance, ...] = ()


RANDOM = "random search, expected (90 % interval)"
MOST = 1500  # points drawn
FEW = 6  # results that each have a tick


def incumbent(results: Sequence[Result], what: str, baseline: Baseline) -> tuple[Figure, ...]:
    """Two figures, over time and over results; `what` names the values, with their unit."""
    tables = _tables(results, baseline)
    time = Figure(
        "incumbent-time",
        "Best so far, over time",
        _spec("after", "time of the run (s)", what, results, baseline),
        tables,
        "Points are results, the line is the best of them so far. "
        f"{baseline.says}{tables[0].thinned}",
    )
    trials = Figure(
        "incumbent-trials",
        "Best so far, over results",
        _spec("order", "results, in the order they came", what, results, baseline),
        tables,
        f"The same by number of results, whatever they cost. {baseline.says}{tables[0].thinned}",
    )
    return time, trials


def _tables(results: Sequence[Result], baseline: Baseline) -> tuple[Table, ...]:
    kept = [row for row in results if row.improves]
    others = [row for row in results if not row.improves]
    # the last one of each level carries its line to the end
    ends = {row.level: row for row in results}
    kept += [row for row in ends.values() if not row.improves]
    points = {id(row): row for row in (*kept, *spread(others, MOST - min(len(kept), MOST)))}
    shown = sorted(points.values(), key=lambda row: row.order)
    tables = (Table("results", results, shown if len(shown) < len(results) else None),)
    return (*tables, Table("chances", baseline.chances)) if baseline.chances else tables


def _spec(
    field: str, axis: str, what: str, results: Sequence[Result], baseline: Baseline
) -> Mapping[str, Any]:
    x: dict[str, Any] = {"field": field, "type": "quantitative", "title": axis}
    if field == "order":
        x["axis"] = {"tickMinStep": 1, "format": ",d"}
        if len(results) <= FEW:  # Vega halves the step of two
            x["axis"]["values"] = [*range(1, len(results) + 1)]
    value = {"type": "quantitative", "title": what, "scale": {"zero": False}}
    hover = [
        {"field": "trial", "title": "trial"},
        {"field": "value", "title": what, "format": ".5~g"},
        {"field": "level", "title": "measured"},
        {"field": "after", "title": "after (s)", "format": ".1f"},
    ]
    names = [*dict.fromkeys(row.level for row in results), *([RANDOM] if baseline.chances else [])]
    colour = {"field": "level", "type": "nominal", "title": None, "scale": {"domain": names}}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "circle", "size": 28, "opacity": 1, "fillOpacity": 0.55},
            "encoding": {"y": {**value, "field": "value"}, "color": colour, "tooltip": hover},
        },
        {
            "mark": {"type": "line", "interpolate": "step-after", "tooltip": False},
            "encoding": {
                "y": {**value, "field": "best"},
                "color": colour,
                "order": {"field": "order"},
            },
        },
    ]
    if baseline.chances:
        layers = [*_chances({**x, "field": "draws" if field == "order" else field}, value), *layers]
    return {"encoding": {"x": x}, "layer": layers}


def _chances(x: Mapping[str, Any], value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The random search: an area for its interval and a line for what is expected of it."""
    told = [
        {"field": "draws", "title": "random candidates"},
        {"field": "expected", "title": "expected best", "format": ".5~g"},
        {"field": "low", "title": "5 % are below", "format": ".5~g"},
        {"field": "high", "title": "5 % are above", "format": ".5~g"},
    ]
    ends = {"y": {**value, "field": "low"}, "y2": {"field": "high"}}
    expected = {"y": {**value, "field": "expected"}, "color": {"datum": RANDOM}}
    return [
        {
            "data": {"name": "chances"},
            "mark": {"type": "area", "opacity": 0.18, "style": "quiet"},
            "encoding": {"x": x, **ends, "tooltip": told},
        },
        {
            "data": {"name": "chances"},
            "mark": {"type": "line", "strokeDash": [5, 4], "point": {"size": 14}},
            "encoding": {"x": x, **expected, "tooltip": told},
        },
    ]
