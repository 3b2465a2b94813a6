"""Several objectives: what a candidate is expected to add, against areas counted on a grid."""

import numpy as np
import pytest
from scipy.stats import norm

from nas.search.samplers._several import (
    MARGIN,
    NODES,
    TIE,
    hypervolume_improvement,
    positions,
    single,
    weighed_improvement,
)


def dominated(points: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Which points of a square grid some point dominates."""
    x, y = np.meshgrid(grid, grid, indexing="ij")
    found = np.zeros(x.shape, bool)
    for point in points:
        found |= (x <= point[0]) & (y <= point[1])
    return found


@pytest.mark.parametrize("seed", range(5))
def test_the_area_is_that_of_the_cells_of_a_grid(seed: int) -> None:
    rng = np.random.default_rng(seed)
    here, there = rng.random((rng.integers(1, 12), 2)), rng.random((3, 7, 2))
    grid = np.linspace(-MARGIN, 1, 1101)
    before = dominated(here, grid)
    cell = (grid[1] - grid[0]) ** 2
    counted = [
        [(dominated(point[None], grid) & ~before).sum() * cell for point in row] for row in there
    ]
    found = hypervolume_improvement(here, there) - TIE * there.sum(-1).mean(0)
    assert found == pytest.approx(np.mean(counted, axis=0), abs=3e-3)


def test_what_is_counted_is_exact_and_what_is_predicted_are_equally_likely_values() -> None:
    macs = np.array([[0.0, -400.0], [0.0, -100.0], [0.0, -250.0]])  # as gains
    own, mean, deviation = np.array([-1.0, 1.0]), np.array([0.5]), np.array([0.2])
    here, there = positions([(own, mean, deviation), None], macs, 2)
    assert here == pytest.approx(np.array([[norm.cdf(-1), 0], [norm.cdf(1), 1]]))
    assert there.shape == (NODES, 1, 2)
    assert (there[:, 0, 1] == 0.5).all()
    values = norm.ppf(there[:, 0, 0])
    assert np.mean(values) == pytest.approx(0.5)
    assert values.min() < 0.3 < 0.7 < values.max()


def test_a_weighing_prefers_what_its_weights_ask_for() -> None:
    here = np.array([[0.5, 0.5, 0.5]])
    there = np.array([[[0.9, 0.4, 0.5], [0.4, 0.9, 0.5], [0.5, 0.5, 0.5], [0.45, 0.45, 0.45]]])
    first = weighed_improvement(here, there, np.array([0.9, 0.05, 0.05]))
    assert np.argmax(first) == 0
    second = weighed_improvement(here, there, np.array([0.05, 0.9, 0.05]))
    assert np.argmax(second) == 1
    assert first[2] > first[3]  # nothing is expected of either, but one is better
    assert single(np.ones(3), np.ones(3) / 3) == 0
