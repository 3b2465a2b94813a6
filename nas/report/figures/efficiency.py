"""Efficiency: what accuracy networks of a size reach, and how the best for each size have moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nas.report.figures.figure import Figure, Table

TITLES = {"params": "parameters", "macs": "MACs for one image"}


@dataclass(frozen=True, slots=True)
class Sized:
    """A network with its published accuracy (top-1, percent) and its counted costs; it is among the
    `best` if none of at most its size is more accurate."""

    name: str
    family: str
    year: int
    accuracy: float
    params: int
    macs: int
    best_for_params: bool
    best_for_macs: bool
    source: str
    genotype: str


def efficiency(rows: Sequence[Sized], cost: str) -> Figure:
    """Accuracy against `cost`, "params" or "macs", coloured by year."""
    x = {
        "field": cost,
        "type": "quantitative",
        "title": TITLES[cost],
        "scale": {"type": "log", "nice": False},
        "axis": {"format": "~s", "grid": False},
    }
    y: dict[str, Any] = {"field": "accuracy", "type": "quantitative", "title": "top-1 accuracy (%)"}
    y |= {"scale": {"zero": False}}
    colour = {
        "field": "year",
        "type": "quantitative",
        "title": "year",
        "scale": {"range": "ramp"},
        "legend": {"format": "d", "tickMinStep": 1, "gradientLength": 180},
    }
    hover = [
        {"field": "name"},
        {"field": "family"},
        {"field": "year"},
        {"field": "accuracy", "title": "top-1 accuracy (%)", "format": ".2f"},
        {"field": "params", "title": "parameters", "format": ","},
        {"field": "macs", "title": "MACs", "format": ","},
        {"field": "source", "title": "published in"},
    ]
    best = {"filter": f"datum.best_for_{cost}"}
    return Figure(
        f"accuracy-{cost}",
        f"Accuracy against {TITLES[cost].split(' for')[0]}",
        {
            "layer": [
                {
                    "mark": {
                        "type": "line",
                        "interpolate": "step-after",
                        "style": "quiet",
                        "strokeWidth": 1.5,
                        "fill": None,
                        "tooltip": False,
                    },
                    "transform": [best],
                    "encoding": {"x": x, "y": y},
                },
                {
                    "mark": {"type": "circle", "size": 60, "opacity": 0.9, "cursor": "pointer"},
                    "encoding": {"x": x, "y": y, "color": colour, "tooltip": hover},
                },
            ],
        },
        (Table("networks", rows),),
        "The line joins the networks that none of at most their size beats. Accuracies are as "
        f"published, one crop, without other data; {TITLES[cost].split(' for')[0]} are counted "
        "here. Click a point for its genotype.",
        height=380,
    )
