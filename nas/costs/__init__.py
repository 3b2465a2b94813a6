"""Costs, counted and never run."""

from nas.costs.card import Card, card, card_lines
from nas.costs.cost import Cost, Line, cost, stride, with_image
from nas.costs.parts import Figures, figures

__all__ = [
    "Card",
    "Cost",
    "Figures",
    "Line",
    "card",
    "card_lines",
    "cost",
    "figures",
    "stride",
    "with_image",
]
