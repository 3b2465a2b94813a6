"""Agreement: the figure that a cheap evaluator gave, against the accuracy after training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas.report.figures.figure import Figure, Table


@dataclass(frozen=True, slots=True)
class Pair:
    """A trained candidate: the cheap `figure`, its accuracy (0 to 1), and how it came to be
    trained ("best by naswot", "drawn at random")."""

    trial: int
    figure: float
    accuracy: float
    why: str
    seconds: float


def agreement(rows: Sequence[Pair], evaluator: str, note: str) -> Figure:
    """Each trained candidate by what the evaluator said and what came of it."""
    return Figure(
        "trust",
        f"{evaluator} against training",
        {
            "mark": {"type": "circle", "size": 80, "opacity": 0.85},
            "encoding": {
                "x": {
                    "field": "figure",
                    "type": "quantitative",
                    "title": f"figure of {evaluator}",
                    "scale": {"zero": False},
                },
                "y": {
                    "field": "accuracy",
                    "type": "quantitative",
                    "title": "accuracy after training (share)",
                    "scale": {"zero": False},
                },
                "color": {"field": "why", "type": "nominal", "title": None},
                "tooltip": [
                    {"field": "trial"},
                    {"field": "figure", "format": ".5~g"},
                    {"field": "accuracy", "format": ".4f"},
                    {"field": "why", "title": "trained as"},
                    {"field": "seconds", "title": "training (s)", "format": ".1f"},
                ],
            },
        },
        (Table("pairs", rows),),
        note,
    )
