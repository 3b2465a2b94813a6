"""A Gaussian process over several kinds of features, for samplers that predict before they ask.

The kernel is a mean of one exponential kernel a kind (decisions, paths, costs), each with the
length that suits the data: half the mean squared distance. Only the noise and which length to take
are fitted, by marginal likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.special import ndtr, ndtri

Matrix = NDArray[np.float64]

NOISES = (0.02, 0.1, 0.3)  # share of the variance that one training leaves unexplained
STRETCHES = (0.5, 1.0, 2.0)  # lengths tried, of the usual one


def ranked(values: Sequence[float] | Matrix) -> Matrix:
    """Values as normal quantiles of their ranks: what a failed training scored doesn't matter, only
    that it's last."""
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return np.asarray(ndtri((order + 0.5) / len(order)))


def _distances(a: Matrix, b: Matrix) -> Matrix:
    """Squared, of each row of `a` to each of `b`."""
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2 * a @ b.T
    return np.asarray(np.maximum(squares, 0.0))


@dataclass(frozen=True, slots=True)
class Surrogate:
    """A fitted process: `predict` gives mean and deviation of unseen candidates."""

    seen: tuple[Matrix, ...]  # one matrix a kind: a row for each trial
    lengths: tuple[float, ...]
    factor: Matrix  # lower Cholesky factor of the kernel matrix with noise
    weights: Matrix
    scale: float

    @classmethod
    def fit(cls, seen: Sequence[Matrix], values: Matrix) -> Surrogate:
        """The process that makes `values` (one a row, mean about 0) most likely."""
        distances = [_distances(kind, kind) for kind in seen]
        usual = [max(1e-9, float(d.mean()) / 2) for d in distances]
        best: tuple[float, Surrogate] | None = None
        for stretch in STRETCHES:
            lengths = tuple(stretch * length for length in usual)
            kernel = _kernel(distances, lengths)
            for noise in NOISES:
                noisy = kernel.copy()
                np.fill_diagonal(noisy, 1 + noise + 1e-9)
                factor = cholesky(noisy, lower=True, overwrite_a=True, check_finite=False)
                weights = cho_solve((factor, True), values, check_finite=False)
                scale = max(1e-9, float(values @ weights) / len(values))
                likelihood = -0.5 * len(values) * np.log(scale) - np.log(np.diag(factor)).sum()
                if best is None or likelihood > best[0]:
                    best = (likelihood, cls(tuple(seen), lengths, factor, weights, scale))
        assert best is not None
        return best[1]

    def mean(self, candidates: Sequence[Matrix]) -> Matrix:
        """The mean alone, one number for each row of the candidates' features."""
        return np.asarray(self._cross(candidates) @ self.weights)

    def predict(self, candidates: Sequence[Matrix]) -> tuple[Matrix, Matrix]:
        """(mean, deviation), one number for each row of the candidates' features."""
        cross = self._cross(candidates)
        half = solve_triangular(self.factor, cross.T, lower=True, check_finite=False)
        variance = np.maximum(1 - (half * half).sum(0), 1e-9) * self.scale
        return cross @ self.weights, np.sqrt(variance)

    def _cross(self, candidates: Sequence[Matrix]) -> Matrix:
        pairs = zip(candidates, self.seen, strict=True)
        return _kernel([_distances(new, old) for new, old in pairs], self.lengths)


def _kernel(distances: Sequence[Matrix], lengths: Sequence[float]) -> Matrix:
    parts = [np.exp(-d / length) for d, length in zip(distances, lengths, strict=True)]
    return np.asarray(sum(parts) / len(parts))


def expected_improvement(mean: Matrix, deviation: Matrix, best: float) -> Matrix:
    """How much a candidate is expected to beat `best` (Jones et al. 1998)."""
    gap = (mean - best) / deviation
    density = np.exp(-0.5 * gap * gap) / np.sqrt(2 * np.pi)
    return np.asarray(deviation * (gap * ndtr(gap) + density))
