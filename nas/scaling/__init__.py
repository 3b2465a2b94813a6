"""Scaling laws and solvers over any genotype."""

from nas.scaling.scale import round_channels, scale

__all__ = ["round_channels", "scale"]
