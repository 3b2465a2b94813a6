"""Where the best coefficients lie: each candidate in a triangle, by the shares of depth, width and
resolution in its growth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import sqrt
from typing import Any

from nas.report.coefficients import Findings, Tried
from nas.report.figures.figure import Figure, Table

TITLE = "Growth shared between depth, width and resolution"
STEPS = 40  # of the smooth surface, along a side
HIGH = sqrt(3) / 2  # of a triangle with sides of 1
ASIDE, ABOVE = 0.16, 0.07  # around it, for what is written at the corners
HEIGHT = 540  # pixels, of one as wide as figures are


_SAID = "datum.alpha + ' / ' + datum.beta + ' / ' + datum.gamma"  # as alpha / beta / gamma


@dataclass(frozen=True, slots=True)
class Dot:
    """A candidate: its coefficients and costs, the mean accuracy in percent with its interval, and
    its place in the triangle."""

    trial: int
    alpha: float
    beta: float
    gamma: float
    nominal: float
    factor: float
    macs: int
    params: int
    image: str
    seeds: int
    accuracy: float
    low: float | None
    high: float | None
    winner: bool
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A place of the smooth surface: what it predicts, in percent."""

    x: float
    y: float
    predicted: float


CORNERS = (
    {"order": 0, "x": 0.0, "y": 0.0, "said": "width only"},
    {"order": 1, "x": 0.5, "y": HIGH, "said": "depth only"},
    {"order": 2, "x": 1.0, "y": 0.0, "said": "resolution only"},
    {"order": 3, "x": 0.0, "y": 0.0, "said": ""},
)


def coefficients(findings: Findings) -> Figure:
    """The candidates that were trained with every seed, coloured by accuracy, the winner ringed;
    under them the smooth surface through them, where there are enough."""
    if not findings.complete:
        return Figure.missing("coefficients", TITLE, "no candidate was trained with every seed yet")
    drawn = reversed(findings.complete)  # the best over what lies at the same place
    dots = tuple(_dot(each, each is findings.winner) for each in drawn)
    cells = tuple(_surface(findings))
    tables = [Table("dots", dots)]
    if cells:
        tables.append(Table("surface", cells))
    low = min(each.accuracy for each in dots)
    high = max(each.accuracy for each in dots)
    winner = findings.winner
    note = (
        f"Each dot is a network of about {findings.target:g} times the base's MACs, by the share "
        "of its growth (in doublings of the nominal MACs) that goes to depth, width and "
        f"resolution; its colour is the mean accuracy over {findings.seeds} seeds, and the ring is "
        f"the best ({winner})."
    )
    if cells:
        note += " Behind them is a quadratic surface fitted to the means."
    return Figure(
        "coefficients", TITLE, _spec(bool(cells), (low, high)), tuple(tables), note, height=HEIGHT
    )


def _place(depth: float, width: float) -> tuple[float, float]:
    """Width only is the left corner, resolution only the right one, depth only the top."""
    return 1 - width - depth / 2, depth * HIGH


def _dot(one: Tried, winner: bool) -> Dot:
    mean = one.mean
    x, y = _place(*one.shares)
    return Dot(
        trial=one.trial,
        alpha=one.alpha,
        beta=one.beta,
        gamma=one.gamma,
        nominal=one.nominal,
        factor=one.factor,
        macs=one.macs,
        params=one.params,
        image="x".join(map(str, one.image)),
        seeds=len(one.accuracies),
        accuracy=100 * mean.value,
        low=None if mean.low is None else 100 * mean.low,
        high=None if mean.high is None else 100 * mean.high,
        winner=winner,
        x=x,
        y=y,
    )


def _surface(findings: Findings) -> Iterator[Cell]:
    response = findings.response
    if response is None:
        return
    for depth, width in product(range(STEPS), repeat=2):
        if depth + width < STEPS:
            shares = (depth + 1 / 3) / STEPS, (width + 1 / 3) / STEPS
            x, y = _place(*shares)
            yield Cell(x, y, 100 * response(shares))


def _spec(surface: bool, span: tuple[float, float]) -> dict[str, Any]:
    place = {
        axis: {
            "field": axis,
            "type": "quantitative",
            "axis": None,
            "scale": {"domain": [-room, most + room], "nice": False},
        }
        for axis, most, room in (("x", 1.0, ASIDE), ("y", HIGH, ABOVE))
    }
    colour = {
        "type": "quantitative",
        "scale": {"domain": list(span), "range": "ramp", "clamp": True},
        "legend": {"title": "accuracy, %", "gradientLength": 240},
    }
    layers: list[dict[str, Any]] = []
    if surface:
        layers.append(
            {
                "data": {"name": "surface"},
                "mark": {"type": "circle", "size": 80, "fillOpacity": 0.35, "tooltip": None},
                "encoding": {**place, "color": {"field": "predicted", **colour}},
            }
        )
    layers += [
        {
            "data": {"values": list(CORNERS)},
            "mark": {"type": "line", "style": "whisker", "strokeWidth": 1},
            "encoding": {**place, "order": {"field": "order"}},
        },
        {
            "data": {"values": list(CORNERS)},
            "mark": {"type": "text", "style": "said", "dy": {"expr": "datum.y > 0 ? -14 : 16"}},
            "encoding": {**place, "text": {"field": "said"}},
        },
        {
            "data": {"name": "dots"},
            "mark": {"type": "circle", "size": 170, "opacity": 1},
            "encoding": {
                **place,
                "color": {"field": "accuracy", **colour},
                "tooltip": [
                    {"field": name, "type": "quantitative", "format": form}
                    for name, form in (
                        *(("alpha", ".2f"), ("beta", ".2f"), ("gamma", ".2f")),
                        *(("factor", ".3f"), ("accuracy", ".2f")),
                    )
                ],
            },
        },
        {
            "data": {"name": "dots"},
            "transform": [{"filter": "datum.winner"}],
            "mark": {"type": "point", "style": "whisker", "size": 420, "strokeWidth": 2},
            "encoding": place,
        },
        {
            "data": {"name": "dots"},
            "transform": [
                {"filter": "datum.winner"},
                {"calculate": _SAID, "as": "said"},
            ],
            "mark": {"type": "text", "style": "said", "dy": -22},
            "encoding": {**place, "text": {"field": "said"}},
        },
    ]
    return {"layer": layers}
