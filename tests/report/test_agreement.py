"""Rank agreement against scipy, hand counts and simulation; expected bests against brute force."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import kendalltau

from nas.report.agreement import agreement, expected_best


def test_tau_counted_by_hand() -> None:
    # Of the ten pairs of 1..5 against 2 1 3 5 4, two are the other way round: (8 - 2) / 10.
    found = agreement([1, 2, 3, 4, 5], [2, 1, 3, 5, 4])
    assert found is not None
    assert found.tau == pytest.approx(0.6)
    z, half = math.atanh(0.6), 1.96 * math.sqrt(0.437 / 1)
    assert (found.low, found.high) == pytest.approx((math.tanh(z - half), math.tanh(z + half)))


def test_its_sign_follows_the_order_and_the_interval_its_mirror() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=12)
    second = first + rng.normal(size=12)
    there, back = agreement(list(first), list(second)), agreement(list(first), list(-second))
    assert there is not None
    assert back is not None
    assert there.tau == kendalltau(first, second).statistic > 0
    assert (back.tau, back.low, back.high) == pytest.approx((-there.tau, -there.high, -there.low))
    assert f"{back}".startswith("Kendall tau -0.")


def test_ties_are_those_of_scipy() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.integers(4, size=(2, 30))
    found = agreement([*map(float, first)], [*map(float, second)])
    assert found is not None
    assert found.tau == kendalltau(first, second).statistic


@pytest.mark.parametrize("tau", [0.0, 0.3, 0.6])
def test_ninety_five_of_a_hundred_intervals_hold_the_true_tau(tau: float) -> None:
    rng = np.random.default_rng(2)
    rho = math.sin(math.pi * tau / 2)  # Greiner's relation for normal pairs
    held = 0
    for _ in range(500):
        first, noise = rng.normal(size=(2, 10))
        found = agreement(list(first), list(rho * first + math.sqrt(1 - rho**2) * noise))
        assert found is not None
        held += found.low <= tau <= found.high
    assert 0.91 < held / 500 < 0.985


@pytest.mark.parametrize("sign", [1, -1])
def test_perfect_agreement_ends_at_one_and_is_not_certain(sign: int) -> None:
    found = agreement(range(10), [sign * i for i in range(10)])
    assert found is not None
    ends = sorted([abs(found.low), abs(found.high)])
    assert found.tau == pytest.approx(sign)
    assert 0.8 < ends[0] < ends[1] == 1


@pytest.mark.parametrize("pairs", [([1, 2, 3, 4], [1, 2, 3, 4]), ([1] * 9, range(9))])
def test_too_few_or_constant_have_none(pairs: tuple[list[float], list[float]]) -> None:
    assert agreement(*pairs) is None


@pytest.mark.parametrize("draws", [1, 2, 3])
def test_the_expected_best_is_the_mean_over_all_draws_with_replacement(draws: int) -> None:
    values = [0.3, 0.9, 0.5]
    means = [max(drawn) for drawn in itertools.product(values, repeat=draws)]
    assert expected_best(values, draws) == pytest.approx(sum(means) / len(means))


def test_more_draws_than_values_are_refused() -> None:
    with pytest.raises(ValueError, match="1 <= draws <= 2"):
        expected_best([0.1, 0.2], 3)
