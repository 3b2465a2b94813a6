"""Hypervolume: how much of the objectives' box the front dominates, as the run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas.report.figures.figure import Figure, Table
from nas.report.figures.thinning import spread


@dataclass(frozen=True, slots=True)
class Volume:
    """The hypervolume (0 to 1) after a trial's result, `after` so many seconds of the run; `level`
    says what the front's results measure ("trained", "2 of 4 epochs")."""

    trial: int
    after: float
    level: str
    hypervolume: float
    front: int  # members


def volume(rows: Sequence[Volume]) -> Figure:
    """The hypervolume over the run's time: a line for each level, as a front is of one level."""
    levels = list(dict.fromkeys(row.level for row in rows))
    hover = [
        {"field": "trial", "title": "after trial"},
        {"field": "level", "title": "measured"},
        {"field": "hypervolume", "title": "hypervolume", "format": ".4f"},
        {"field": "front", "title": "members of the front"},
    ]
    colour = {"field": "level", "type": "nominal", "title": None, "scale": {"domain": levels}}
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
                **({"color": colour} if len(levels) > 1 else {}),
            },
        },
        (Table("volumes", rows, spread(rows, 1000) if len(rows) > 1000 else None),),
        "The part of the box, from the worst values that count to the best possible ones, that "
        "some member of the front dominates. It never falls"
        + ("; with the first result of a higher level it begins anew." if len(levels) > 1 else "."),
        height=220,
    )
