"""Latency along a law, from few measurements: of machines whose true latency is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import nas
from nas.genotype import Genotype
from nas.latency.along import Along
from nas.scaling import Budget, scale, solve
from nas.scaling.laws import make

BASE = nas.genotype("resnet20_cifar10")
WIDER, WIDEST = scale(BASE, 2.0), scale(BASE, 4.0)


def macs(network: Genotype) -> float:
    return nas.cost(network).macs


def clock(power: float, floor: float = 0.0) -> Callable[[Genotype], float]:
    return lambda network: floor + 1e-10 * macs(network) ** power


@pytest.mark.parametrize("power", [0.5, 1.0, 1.3])
def test_a_power_of_the_macs_is_met_between_and_beyond(power: float) -> None:
    along, true = Along(clock(power)), clock(power)
    along.measure(BASE)
    along.measure(WIDER)
    for network in (BASE, scale(BASE, 1.5), WIDER, WIDEST, scale(BASE, 0.5)):
        assert along.predict(network) == pytest.approx(true(network))


def test_one_network_alone_says_time_grows_as_the_macs() -> None:
    along = Along(clock(1.0))
    assert along.measure(BASE) == pytest.approx(macs(BASE) * 1e-10)
    assert along.predict(WIDER) == pytest.approx(macs(WIDER) * 1e-10)


def test_each_network_is_measured_once() -> None:
    asked: list[Genotype] = []
    along = Along(lambda network: float(len(asked) + 1) if not asked.append(network) else 0.0)
    along.measure(BASE)
    along.measure(WIDER)
    along.measure(BASE)
    assert asked == [BASE, WIDER]


def test_what_a_busy_moment_added_is_seen_by_a_larger_network() -> None:
    times = {macs(BASE): 5.0, macs(WIDER): 1.0, macs(WIDEST): 4.0}
    along = Along(lambda network: times[macs(network)])
    for network in (BASE, WIDER, WIDEST):
        along.measure(network)
    assert [along.predict(each) for each in (BASE, WIDER, WIDEST)] == [1.0, 1.0, 4.0]


@pytest.mark.parametrize(("power", "floor"), [(1.0, 0.0), (0.8, 0.000_1), (1.0, 0.01)])
def test_a_target_is_met_in_a_few_measurements(power: float, floor: float) -> None:
    """Also on a machine with an overhead for each network."""
    true = clock(power, floor)
    count = 0

    def measured(network: Genotype) -> float:
        nonlocal count
        count += 1
        return true(network)

    along, target = Along(measured), 1.7 * true(BASE)
    along.measure(BASE)
    budget, law = Budget("latency", target, along.predict), make("compound")
    along.settle(lambda: solve(BASE, law, [budget]).nearest.network, target)
    found = solve(BASE, law, [budget]).nearest.network
    best = solve(BASE, law, [Budget("latency", target, true)])  # by measuring all of them
    assert abs(true(found) / target - 1) <= abs(best.miss) + 0.03
    assert count <= 5
