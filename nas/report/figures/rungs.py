"""Rungs: what each candidate reached, the longer it was trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas.report.figures.figure import Figure, Table

MOST = 300  # candidates drawn


@dataclass(frozen=True, slots=True)
class Reached:
    """A candidate's value after so many epochs; `top` says that it was trained to the end."""

    trial: int
    epochs: int
    value: float
    top: bool


def rungs(rows: Sequence[Reached], what: str) -> Figure:
    """A line for each candidate, from rung to rung; those trained to the end stand out."""
    finished = [row.trial for row in rows if row.top]
    trials = list(dict.fromkeys([*finished, *(row.trial for row in rows)]))
    kept = set(trials[:MOST])
    shown = [row for row in rows if row.trial in kept] if len(trials) > MOST else None
    more = f" {MOST} of {len(trials)} are drawn; the CSV has all." * (shown is not None)
    return Figure(
        "rungs",
        "From rung to rung",
        {
            "mark": {"type": "line", "point": {"size": 22}, "opacity": 1, "strokeOpacity": 0.7},
            "encoding": {
                "x": {
                    "field": "epochs",
                    "type": "quantitative",
                    "title": "epochs trained",
                    "axis": {"values": sorted({row.epochs for row in rows}), "format": "d"},
                },
                "y": {
                    "field": "value",
                    "type": "quantitative",
                    "title": what,
                    "scale": {"zero": False},
                },
                "detail": {"field": "trial"},
                "color": {
                    "field": "top",
                    "type": "nominal",
                    "title": None,
                    "scale": {"domain": [True, False]},
                    "legend": {"labelExpr": "datum.value ? 'trained to the end' : 'stopped'"},
                },
                "tooltip": [
                    {"field": "trial"},
                    {"field": "epochs"},
                    {"field": "value", "title": what, "format": ".5~g"},
                ],
            },
        },
        (Table("reached", rows, shown),),
        f"Each line is a candidate; only the best at a rung were trained on.{more}",
    )
