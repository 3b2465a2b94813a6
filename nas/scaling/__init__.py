"""Scaling laws and solvers over any genotype."""

from nas.blocks.fields import round_channels
from nas.scaling.scale import scale

__all__ = ["round_channels", "scale"]
