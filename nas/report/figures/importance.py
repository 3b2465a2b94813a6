"""Importance: which decisions tell the best candidates from the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas.report.figures.figure import Figure, Table

MOST = 20  # decisions drawn


@dataclass(frozen=True, slots=True)
class Importance:
    """A decision's share of the importance (0 to 1, all together 1), and the interval that held
    nine in ten resamplings of the trials; `chance` is what one in twenty shufflings of the results
    among the candidates passed, and `trials` made this decision."""

    decision: str
    importance: float
    low: float
    high: float
    chance: float
    trials: int
    conditional: bool  # it is made only where another one asks for it


def importance(rows: Sequence[Importance], of: int, what: str) -> Figure:
    """The most important decisions; `of` so many candidates' `what`."""
    ordered = sorted(rows, key=lambda row: -row.importance)
    shown = ordered[:MOST]
    y = {"field": "decision", "type": "nominal", "sort": None, "title": None}
    hover = [
        {"field": "decision"},
        {"field": "importance", "title": "importance", "format": ".1%"},
        {"field": "low", "title": "interval from", "format": ".1%"},
        {"field": "high", "title": "interval to", "format": ".1%"},
        {"field": "chance", "title": "one in twenty by chance", "format": ".1%"},
        {"field": "trials", "title": "candidates that made it"},
        {"field": "conditional", "title": "made only where another asks for it"},
    ]
    axis = {"type": "quantitative", "title": "importance (share of all)"}
    part = f" The {MOST} largest of {len(rows)} are drawn; the CSV has all." * (len(rows) > MOST)
    return Figure(
        "importance",
        "Which decisions matter",
        {
            "layer": [
                {
                    "mark": {"type": "bar", "opacity": 0.85, "height": {"band": 0.7}},
                    "encoding": {
                        "y": y,
                        "x": {**axis, "field": "importance", "axis": {"format": "%"}},
                        "tooltip": hover,
                    },
                },
                {
                    "mark": {"type": "rule", "style": "whisker"},
                    "encoding": {
                        "y": y,
                        "x": {**axis, "field": "low"},
                        "x2": {"field": "high"},
                        "tooltip": hover,
                    },
                },
                {
                    "mark": {"type": "tick", "style": "chance", "height": {"band": 0.9}},
                    "encoding": {"y": y, "x": {**axis, "field": "chance"}, "tooltip": hover},
                },
            ]
        },
        (Table("decisions", ordered, shown if len(shown) < len(ordered) else None),),
        f"Importance for being among the best tenth of {of} candidates by {what} (PED-ANOVA, "
        "arXiv:2304.10255, by Optuna), as shares. Lines hold nine in ten resamplings of the "
        "candidates. Ticks are what one in twenty passes by chance alone, the results being "
        f"shuffled among the candidates: a shorter bar tells nothing.{part}",
        height=24 * max(3, len(shown)) + 50,
    )
