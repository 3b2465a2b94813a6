"""Outcomes: how the trials ended, by kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas.report.figures.figure import Figure, Table


@dataclass(frozen=True, slots=True)
class Ending:
    """So many trials that ended as `outcome`, and the most frequent reason, where there was
    one."""

    outcome: str
    trials: int
    reason: str


def outcomes(rows: Sequence[Ending]) -> Figure:
    """A bar for each kind of outcome."""
    y = {"field": "outcome", "type": "nominal", "sort": None, "title": None}
    x = {
        "field": "trials",
        "type": "quantitative",
        "title": "trials",
        "axis": {"tickMinStep": 1, "format": "~s"},
        "scale": {"domainMax": 1.12 * max(row.trials for row in rows)},  # room for the last figure
    }
    hover = [{"field": "outcome"}, {"field": "trials"}, {"field": "reason", "title": "most often"}]
    return Figure(
        "outcomes",
        "How the trials ended",
        {
            "layer": [
                {
                    "mark": {"type": "bar", "opacity": 0.85, "height": {"band": 0.7}},
                    "encoding": {"y": y, "x": x, "tooltip": hover},
                },
                {
                    "mark": {"type": "text", "align": "left", "dx": 5, "style": "said"},
                    "encoding": {"y": y, "x": x, "text": {"field": "trials", "format": ","}},
                },
            ]
        },
        (Table("outcomes", rows),),
        height=26 * max(2, len(rows)) + 50,
    )
