"""Errors by year: the challenge's winners, and what single networks and anything else reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nas.report.figures.figure import Figure, Table

WIDE = 700  # pixels of a figure that has room for names
ONE, MORE = "one network, one crop", "more networks, crops, data or pixels"


@dataclass(frozen=True, slots=True)
class Winner:
    """An entry of the challenge: its top-5 error on the test images, in percent."""

    year: int
    name: str
    top5_error: float
    place: int
    source: str


@dataclass(frozen=True, slots=True)
class Published:
    """A published error on the validation images, in percent; `kind` says what reached it, `best`
    that none of its kind was better until then."""

    year: int
    name: str
    top1_error: float
    top5_error: float | None
    kind: str
    how: str
    best: bool
    source: str


def winners(rows: Sequence[Winner], human: float) -> Figure:
    """The challenge's top-5 errors by year, with a line at what a practised human reaches."""
    y = {"field": "label", "type": "nominal", "sort": None, "title": None}
    x = {"type": "quantitative", "title": "top-5 error on the test images (%)"}
    room = {"domainMax": 1.1 * max(row.top5_error for row in rows)}  # for the last figure
    told = "datum.year + '  ' + datum.name + (datum.place > 1 ? ' (second)' : '')"
    hover = [
        {"field": "name"},
        {"field": "year"},
        {"field": "top5_error", "title": "top-5 error (%)"},
        {"field": "place"},
        {"field": "source", "title": "published in"},
    ]
    bar = {"y": y, "x": {**x, "field": "top5_error", "scale": room}}
    return Figure(
        "challenge",
        "ImageNet's challenge: top-5 error by year",
        {
            "transform": [{"calculate": told, "as": "label"}],
            "layer": [
                {
                    "mark": {"type": "bar", "opacity": 0.85, "height": {"band": 0.7}},
                    "encoding": {**bar, "tooltip": hover},
                },
                {
                    "mark": {"type": "rule", "style": "chance", "strokeDash": [5, 4]},
                    "encoding": {"x": {**x, "datum": human}},
                },
                *(
                    {
                        "mark": {"type": "text", "align": "left", "dx": 5, "style": style},
                        "encoding": {**bar, "text": {"field": "top5_error"}},
                    }
                    for style in ("halo", "said")
                ),
            ],
        },
        (Table("winners", rows),),
        "Mostly ensembles; those of 2012 and 2013 saw more images than the challenge's, without "
        "which AlexNet has 16.4 and Clarifai 11.7. The dashed line is the "
        f"{human:g} % of a practised human (arXiv:1409.0575).",
        height=26 * max(2, len(rows)) + 50,
    )


def errors(rows: Sequence[Published]) -> Figure:
    """Published top-1 errors by year, with the best until then."""
    x: dict[str, Any] = {
        "field": "year",
        "type": "quantitative",
        "title": "year",
        "scale": {"zero": False},
    }
    x |= {"axis": {"format": "d", "tickMinStep": 1}}
    y: dict[str, Any] = {"field": "top1_error", "type": "quantitative", "title": "top-1 error (%)"}
    y |= {"scale": {"zero": False}}
    colour = {
        "field": "kind",
        "type": "nominal",
        "title": None,
        "scale": {"domain": [ONE, MORE]},
    }
    hover = [
        {"field": "name"},
        {"field": "year"},
        {"field": "top1_error", "title": "top-1 error (%)"},
        {"field": "top5_error", "title": "top-5 error (%)"},
        {"field": "how"},
        {"field": "source", "title": "published in"},
    ]
    named = [
        {"filter": "datum.best"},
        {
            "joinaggregate": [{"op": "min", "field": "top1_error", "as": "least"}],
            "groupby": ["year", "kind"],
        },
        {"filter": "datum.top1_error === datum.least"},
    ]
    return Figure(
        "errors",
        "ImageNet: top-1 error by year",
        {
            "layer": [
                {
                    "mark": {"type": "circle", "size": 46, "opacity": 1, "fillOpacity": 0.55},
                    "encoding": {"x": x, "y": y, "color": colour, "tooltip": hover},
                },
                {
                    "mark": {"type": "line", "interpolate": "step-after", "tooltip": False},
                    "transform": [{"filter": "datum.best"}],
                    "encoding": {"x": x, "y": y, "color": colour},
                },
                *(
                    {
                        "mark": {
                            "type": "text",
                            "align": "left",
                            "baseline": "top",
                            "dx": 4,
                            "dy": 4,
                            "limit": {"expr": "width / 10.5"},
                            "opacity": {"expr": f"width < {WIDE} ? 0 : 1"},
                            "style": style,
                            "tooltip": False,
                        },
                        "transform": named,
                        "encoding": {"x": x, "y": y, "text": {"field": "name"}},
                    }
                    for style in ("halo", "said")
                ),
            ],
        },
        (Table("published", rows),),
        "Each point is a published result on the validation images; the lines are the best until "
        "then. The year is that of the paper that describes the network, or of the result.",
        height=420,
    )
