"""Costs, counted and never run."""

from nas.costs.cost import Cost, Line, cost

__all__ = ["Cost", "Line", "cost"]
