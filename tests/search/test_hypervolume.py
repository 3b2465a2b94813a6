"""Hypervolume against Optuna's own (private there), against boxes counted, and its law."""

import itertools

import numpy as np
import pytest
from optuna._hypervolume import compute_hypervolume

from nas.errors import UsageError
from nas.search.front import Box, Front
from nas.search.hypervolume import added, volume
from nas.search.objective import Objective


@pytest.mark.parametrize("axes", [1, 2, 3, 4, 5])
def test_volume_is_optunas(axes: int) -> None:
    rng = np.random.default_rng(axes)
    for count in (0, 1, 2, 5, 12):
        points = rng.random((count, axes)).round(1)  # some equal in an axis, or equal
        witness = compute_hypervolume(-points, np.zeros(axes)) if count else 0.0
        assert volume([tuple(map(float, point)) for point in points]) == pytest.approx(witness)


def test_volume_of_whole_numbers_is_the_cells_below() -> None:
    rng = np.random.default_rng(0)
    points = [tuple(map(int, point)) for point in rng.integers(0, 5, (6, 3))]
    cells = sum(
        any(all(x < a for x, a in zip(cell, point, strict=True)) for point in points)
        for cell in itertools.product(range(5), repeat=3)
    )
    assert volume(points) == cells
    assert added((5, 5, 5), points) == 125 - cells


@pytest.mark.parametrize("axes", [2, 3, 4])
def test_a_fronts_is_kept_and_never_falls(axes: int) -> None:
    rng = np.random.default_rng(axes)
    box = Box((0.0, *[-10.0] * (axes - 1)), (1.0, *[0.0] * (axes - 1)))
    front: Front[int] = Front(box)
    points, before = [], 0.0
    for number in range(60):
        gains = (rng.random(), *(-rng.random(axes - 1) * 12))  # some worse than the reference
        front.add(tuple(map(float, gains)), number)
        points.append(box.within(tuple(map(float, gains))))
        assert front.hypervolume >= before
        before = front.hypervolume
        witness = compute_hypervolume(-np.array(points), np.zeros(axes))
        assert front.hypervolume == pytest.approx(witness)


def test_the_box_runs_from_the_reference_to_what_is_best() -> None:
    objective = Objective(("accuracy", "macs", "loss"), reference=(0.1, 400.0, 2.0))
    box = objective.box
    assert box is not None
    gains = objective.gains((0.55, 100.0, 0.5))
    assert box.within(gains) == pytest.approx((0.5, 0.75, 0.75))
    assert box.within(objective.gains((0.05, 500.0, 3.0))) == (0, 0, 0)
    assert Objective(("accuracy", "macs")).box is None
    with pytest.raises(UsageError, match="a number for each of accuracy, macs, but has 1"):
        Objective(("accuracy", "macs"), reference=(0.0,))
