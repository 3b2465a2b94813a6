"""Hypervolume: how much of the objectives' box the front dominates, as the run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas.report.figures.figure import Figure, Table
from nas.report.figures.thinning import spread


@dataclass(frozen=True, slots=True)
class Volume:
    """The hypervolume (0 to 1) after a trial's result, `after` so many seconds of the run."""

    trial: int
    after: float
    hypervolume: float
    front: int  # members


def volume(rows: Sequence[Volume]) -> Figure:
    """The hypervolume over the run's time."""
    hover = [
        {"field": "trial", "title": "after trial"},
        {"field": "hypervolume", "title": "hypervolume", "format": ".4f"},
        {"field": "front", "title": "members of the front"},
    ]
    return Figure(
        "hypervolume",
        "Hypervolume of the front, over time",
        {
            "mark": {"type": "line", "interpolate": "step-after", "point": {"size": 16}},
            "encoding": {
                "x": {"field": "after", "type": "quantitative", "title": "time of the run (s)"},
                "y": {
                    "field": "hypervolume",
                    "type": "quantitative",
                    "title": "hypervolume (share)",
                    "scale": {"zero": False},
                },
                "tooltip": hover,
            },
        },
        (Table("volumes", rows, spread(rows, 1000) if len(rows) > 1000 else None),),
        "The part of the box, from the worst values that count to the best possible ones, that "
        "some member of the front dominates. It never falls.",
        height=220,
    )
