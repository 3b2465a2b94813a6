"""The Gaussian process, against scikit-learn's and against arithmetic done by hand."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF

from nas.search.surrogate import Surrogate, expected_improvement, ranked


def test_mean_and_deviation_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    seen, unseen = rng.normal(size=(30, 4)), rng.normal(size=(9, 4))
    values = np.sin(seen).sum(1) + 0.1 * rng.normal(size=30)
    values -= values.mean()
    fitted = Surrogate.fit([seen], values)
    # exp(-d^2 / l) is scikit-learn's exp(-d^2 / (2 s^2)) with s^2 = l / 2
    gram = fitted.factor @ fitted.factor.T
    noise = gram[0, 0] - 1
    other = GaussianProcessRegressor(
        RBF(np.sqrt(fitted.lengths[0] / 2)), alpha=noise, optimizer=None
    ).fit(seen, values)
    mean, deviation = other.predict(unseen, return_std=True)
    ours, spread = fitted.predict([unseen])
    np.testing.assert_allclose(ours, mean, atol=1e-8)
    np.testing.assert_allclose(spread, deviation * np.sqrt(fitted.scale), rtol=1e-6)
    np.testing.assert_allclose(fitted.mean([unseen]), mean, atol=1e-8)


def test_expected_improvement_is_the_mean_of_what_is_above() -> None:
    draws = np.random.default_rng(0).normal(0.3, 0.7, size=400_000)
    sampled = np.maximum(draws - 0.5, 0).mean()
    worth = expected_improvement(np.array([0.3]), np.array([0.7]), 0.5)
    assert worth[0] == pytest.approx(sampled, rel=0.01)


def test_ranks_become_normal_quantiles() -> None:
    found = ranked([0.7, -1e9, 0.9])
    np.testing.assert_allclose(found, norm.ppf([0.5, 1 / 6, 5 / 6]), atol=1e-12)
