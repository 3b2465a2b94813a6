"""Scaling: any genotype wider, deeper and on larger images, along a law, or to a budget."""

from nas.blocks.fields import round_channels
from nas.scaling.factors import Factors, grown
from nas.scaling.scale import scale
from nas.scaling.solve import Budget, Scaled, Solution, solve

__all__ = [
    "Budget",
    "Factors",
    "Scaled",
    "Solution",
    "grown",
    "round_channels",
    "scale",
    "solve",
]
