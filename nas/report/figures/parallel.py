"""Parallel coordinates: one line a candidate, through the options it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas.report.figures.figure import Figure, Table


@dataclass(frozen=True, slots=True)
class Step:
    """A candidate's option at a decision; `level` is the option's place, 0 for the first to 1 for
    the last, and below 0 where the decision wasn't asked for; up to 0.05 off, so that candidates
    with one option stand apart."""

    trial: int
    decision: str
    option: str
    level: float
    value: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where an option stands."""

    decision: str
    option: str
    level: float


def parallel(
    steps: Sequence[Step], places: Sequence[Place], what: str, note: str, *, larger: bool
) -> Figure:
    """The candidates' ways through the decisions, in the order that these come in, the best in the
    strongest colour and on top."""
    x = {
        "field": "decision",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"labelAngle": -50, "grid": True, "domain": False, "labelOverlap": False},
        "scale": {"type": "point", "padding": 0.4},
    }
    labels = {"type": "text", "fontSize": 11, "tooltip": False}
    y = {"type": "quantitative", "axis": None, "scale": {"domain": [-0.25, 1.08]}}
    colour = {
        "field": "value",
        "type": "quantitative",
        "title": what,
        "scale": {"range": "ramp", "zero": False, "reverse": not larger},
        "legend": {"gradientLength": 180, "format": ".3~g"},
    }
    return Figure(
        "parallel",
        "Ways through the decisions",
        {
            "data": {"name": "steps"},
            "layer": [
                {
                    "mark": {
                        "type": "line",
                        "opacity": 1,
                        "strokeOpacity": 0.55,
                        "strokeWidth": 1.5,
                    },
                    "encoding": {
                        "x": x,
                        "y": {**y, "field": "level"},
                        "detail": {"field": "trial"},
                        "color": colour,
                        "tooltip": [
                            {"field": "trial"},
                            {"field": "value", "title": what, "format": ".5~g"},
                        ],
                    },
                },
                *(
                    {
                        "data": {"name": "places"},
                        "mark": {**labels, "style": style},
                        "encoding": {
                            "x": x,
                            "y": {**y, "field": "level"},
                            "text": {"field": "option"},
                        },
                    }
                    for style in ("halo", "said")
                ),
            ],
        },
        (Table("steps", steps), Table("places", places)),
        note,
        height=360,
    )
