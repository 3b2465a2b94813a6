"""A response surface: accuracy as a smooth function of how growth is shared between depth, width
and resolution.

Source: Box and Wilson 1951 (second-order response surfaces); for shares that add up to 1, Scheffe
1958 (mixtures), whose quadratic is the one used here: three shares and their three products.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

TERMS = 6
LEAST = TERMS + 2  # observations
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Response:
    """Fitted by least squares; `explained` is R^2, `residual` the standard deviation about it."""

    terms: Matrix
    spread: Matrix  # inverse of the normal matrix
    residual: float
    explained: float
    degrees: int

    @classmethod
    def fit(cls, shares: Sequence[tuple[float, float]], values: Sequence[float]) -> Response | None:
        """The surface through `values` at (depth's, width's) shares; None with fewer than 8, or
        where they all lie on one curve."""
        if len(values) < LEAST:
            return None
        design = np.array([_terms(each) for each in shares])
        if np.linalg.matrix_rank(design) < TERMS:
            return None
        seen = np.array(values)
        terms = np.linalg.lstsq(design, seen, rcond=None)[0]
        rest = seen - design @ terms
        degrees = len(seen) - TERMS
        total = float(((seen - seen.mean()) ** 2).sum())
        return cls(
            terms,
            np.linalg.inv(design.T @ design),
            math.sqrt(float(rest @ rest) / degrees),
            1 - float(rest @ rest) / total if total else 0.0,
            degrees,
        )

    def __call__(self, shares: tuple[float, float]) -> float:
        """The surface's height."""
        return float(_terms(shares) @ self.terms)

    def interval(self, shares: tuple[float, float]) -> tuple[float, float]:
        """(height, half of the width of its 95 % interval)."""
        from scipy.special import stdtrit

        at = _terms(shares)
        error = self.residual * math.sqrt(float(at @ self.spread @ at))
        return self(shares), float(stdtrit(self.degrees, 0.5 + CONFIDENCE / 2)) * error


def _terms(shares: tuple[float, float]) -> Matrix:
    depth, width = shares
    resolution = 1 - depth - width
    return np.array(
        [depth, width, resolution, depth * width, depth * resolution, width * resolution]
    )
