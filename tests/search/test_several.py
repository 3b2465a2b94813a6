"""Several objectives: what a candidate is expected to add, against areas counted on a grid."""

import numpy as np
import pytest
from scipy.stats import norm

from nas.search.samplers._several import (
    MARGIN,
    NODES,
    TIE,
    Predicted,
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
    seen = norm.ppf((np.arange(10) + 0.5) / 10)  # quantiles that are their own values
    low, high = seen[0], seen[-1]
    found = Predicted(seen, np.array([low, 1.0]), np.array([0.5]), np.array([0.2]))
    here, there = positions([found, None], macs, 2)
    assert here == pytest.approx(np.array([[0, 0], [(1 - low) / (high - low), 1]]))
    assert there.shape == (NODES, 1, 2)
    assert (there[:, 0, 1] == 0.5).all()
    values = there[:, 0, 0] * (high - low) + low
    assert np.mean(values) == pytest.approx(0.5)
    assert values.min() < 0.3 < 0.7 < values.max()


def test_a_prediction_beyond_what_was_seen_goes_on_by_the_slope_there() -> None:
    seen = np.array([0.1, 0.8, 0.9, 0.92, 0.94])
    found = Predicted(seen, *[np.zeros(0)] * 3)
    places = norm.ppf((np.arange(5) + 0.5) / 5)
    scaled = (seen - 0.1) / 0.84
    assert found.values(places) == pytest.approx(scaled)
    assert found.values(np.array([0.0])) == pytest.approx(scaled[2:3])  # the median
    step = places[4] - places[3]
    beyond = found.values(np.array([places[4] + step, places[0] - step]))
    assert beyond[0] == pytest.approx(1 + scaled[4] - scaled[3])
    assert beyond[1] == pytest.approx(
        scaled[0] - (scaled[1] - scaled[0]) * step / (places[1] - places[0])
    )
    assert (np.diff(found.values(np.linspace(-4, 4, 200))) > 0).all()
    same = Predicted(np.full(4, 0.5), *[np.zeros(0)] * 3)
    assert (same.values(np.array([-1.0, 0.0, 3.0])) == 0).all()


def test_a_weighing_prefers_what_its_weights_ask_for() -> None:
    here = np.array([[0.5, 0.5, 0.5]])
    there = np.array([[[0.9, 0.4, 0.5], [0.4, 0.9, 0.5], [0.5, 0.5, 0.5], [0.45, 0.45, 0.45]]])
    first = weighed_improvement(here, there, np.array([0.9, 0.05, 0.05]))
    assert np.argmax(first) == 0
    second = weighed_improvement(here, there, np.array([0.05, 0.9, 0.05]))
    assert np.argmax(second) == 1
    assert first[2] > first[3]  # nothing is expected of either, but one is better
    assert single(np.ones(3), np.ones(3) / 3) == 0
