"""Costs, counted and never run."""

from nas.costs.card import Card, card, card_lines
from nas.costs.cost import Cost, Line, cost, with_image

__all__ = ["Card", "Cost", "Line", "card", "card_lines", "cost", "with_image"]
