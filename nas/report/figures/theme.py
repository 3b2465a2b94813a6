"""How figures look: one Vega-Lite configuration for light pages, one for dark ones.

A specification says what a mark stands for (`"style": "quiet"`), and the colour follows from here,
so that one specification serves both. Categories are told apart by the colour-blind, too (after
Okabe and Ito), and every colour has a contrast of at least 3 against its ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

FONT = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"
SIZE = 12  # pixels


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of a theme, as CSS writes them."""

    ground: str
    text: str
    faint: str  # text of axes
    line: str  # of axes and grids
    quiet: str  # marks in the background
    accent: str  # what a figure is about
    categories: tuple[str, ...]
    ramp: tuple[str, ...]  # from little to much


LIGHT = Colours(
    ground="#ffffff",
    text="#1c2430",
    faint="#566173",
    line="#dde2e9",
    quiet="#8a94a4",
    accent="#0b62b0",
    categories=(
        *("#0b62b0", "#c2570c", "#00795c", "#a3418a", "#8a6a00"),
        *("#2a86c7", "#5b4bb7", "#b3261e", "#556070"),
    ),
    ramp=("#c9a227", "#4f9d69", "#1f6f8b", "#2b2f77"),
)
DARK = Colours(
    ground="#14181f",
    text="#e6e9ee",
    faint="#a5afbd",
    line="#313945",
    quiet="#778294",
    accent="#63b3ff",
    categories=(
        *("#63b3ff", "#f29a4a", "#3ec9a1", "#e58fcb", "#e3c44a"),
        *("#9fd0f5", "#a99cf5", "#ff8a80", "#b3bcc9"),
    ),
    ramp=("#7a4b9e", "#3f7fbf", "#48b99a", "#f4e04d"),
)


def config(*, dark: bool) -> dict[str, Any]:
    """The configuration of a theme."""
    own = DARK if dark else LIGHT
    named = {"labelColor": own.faint, "titleColor": own.text}
    return {
        "background": own.ground,
        "font": FONT,
        "padding": 4,
        "view": {"stroke": None},
        "axis": {
            **named,
            "domainColor": own.line,
            "gridColor": own.line,
            "tickColor": own.line,
            "labelFontSize": SIZE - 1,
            "titleFontSize": SIZE,
            "titleFontWeight": "normal",
            "labelOverlap": "greedy",
            "labelSeparation": 10,
            "titlePadding": 8,
        },
        "axisX": {"tickCount": {"expr": "ceil(width / 90)"}},
        "legend": {
            **named,
            "orient": "top",
            "labelFontSize": SIZE,
            "titleFontSize": SIZE,
            "titleFontWeight": "normal",
            "labelLimit": 260,
            "symbolOpacity": 1,
            "titleLimit": 400,
        },
        "title": {"color": own.text, "anchor": "start", "fontSize": SIZE + 2},
        "range": {"category": list(own.categories), "ramp": list(own.ramp)},
        "mark": {"color": own.accent, "tooltip": True},
        "text": {"color": own.text, "fontSize": SIZE - 1},
        "line": {"strokeWidth": 2},
        "rule": {"color": own.text},
        "bar": {"color": own.accent},
        "style": {
            "quiet": {"color": own.quiet, "fill": own.quiet, "stroke": own.quiet},
            "accent": {"color": own.accent},
            "whisker": {"color": own.text, "stroke": own.text, "strokeWidth": 1.5},
            "chance": {"fill": own.categories[1], "stroke": own.categories[1], "thickness": 2},
            "said": {"fill": own.text, "fontSize": SIZE - 1},
            "halo": {"fill": own.ground, "stroke": own.ground, "strokeWidth": 4},
        },
    }
