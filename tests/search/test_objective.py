"""Objectives against MnasNet's paper, and the front against its definition."""

import itertools
import random

import pytest

from nas.errors import UsageError
from nas.search.front import Front, dominates
from nas.search.objective import Objective, reward


def test_reward_is_the_papers() -> None:
    # arXiv:1807.11626, section 3.2: doubling the latency for 5 % more accuracy is an even trade.
    assert reward(0.7, 100, 100) == 0.7
    assert reward(0.7 * 1.05, 200, 100) == pytest.approx(0.7, rel=2e-3)


def test_values_and_directions() -> None:
    figures = {"accuracy": 0.5, "macs": 200.0, "params": 7.0}
    objective = Objective(("accuracy", "macs"))
    assert objective.values(figures) == (0.5, 200.0)
    assert objective.directions == ("maximize", "minimize")
    assert Objective(("mnasnet",), 200).values(figures) == (0.5,)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("acuracy",), "'acuracy' is none of .*; did you mean 'accuracy'"),
        (("macs", "macs"), "name each once"),
        ((), "at least one"),
        (("mnasnet",), "target must be more than 0 MACs, not 0"),
    ],
)
def test_refusals(names: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Objective(names)


def test_front_is_what_nothing_dominates() -> None:
    rng = random.Random(0)
    points = [tuple(float(rng.randrange(8)) for _ in range(3)) for _ in range(200)]
    front: Front[int] = Front()
    for i, point in enumerate(points):
        front.add(point, i)
    expected = {p for p in points if not any(dominates(q, p) for q in points)}
    assert {points[i] for i in front.members} == expected
    assert len(front.members) == len(expected)
    for a, b in itertools.pairwise(front.members):
        assert points[a][0] >= points[b][0]


def test_mnasnet_weighs_latency_as_in_the_paper() -> None:
    # arXiv:1807.11626, section 3: ACC * (LAT / T)^w, here 80 ms against a target of 40 ms
    figures = {"accuracy": 0.7, "macs": 1.0, "latency": 0.08}
    objective = Objective(("mnasnet",), 0.04, "latency")
    assert objective.values(figures) == pytest.approx((0.7 * 2**-0.07,))
    assert objective.figures == ("latency",)
    assert objective.axes == ("accuracy", "latency")
    assert objective.position((0.6,), figures) == (0.7, -0.08)


def test_only_figures_of_candidates_are_asked_for() -> None:
    assert Objective(("accuracy", "loss", "memory")).figures == ("memory",)
    assert Objective(("accuracy",)).figures == ()
    assert Objective(("accuracy", "latency", "memory")).directions == (
        "maximize",
        "minimize",
        "minimize",
    )
