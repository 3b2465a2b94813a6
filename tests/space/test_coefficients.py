"""A base scaled by alpha, beta and gamma as a search space: which points it has, and their cost."""

from __future__ import annotations

import math
import re
from itertools import product

import numpy as np
import pytest

import nas
from nas.errors import GenotypeError, SpaceError, UsageError
from nas.space import fit
from nas.space.coefficients import Coefficients, ScaledBase, idle

BASE = nas.genotype("image(1, 8, 8) >> conv(16, 3) * 2 >> classifier(10)")
MACS = 8 * 8 * 9 * (1 * 16 + 16 * 16) + 16 * 10  # by hand


def space(step: float = 0.1, target: float = 2.0, tolerance: float = 0.1, **more: bool):
    return ScaledBase(BASE, target, tolerance, step, **more)


def triples(found: ScaledBase) -> list[tuple[float, float, float]]:
    return [tuple(Coefficients.of(point)) for point in found.points()][1:]


def test_a_coarse_grid_by_hand() -> None:
    # beta and gamma squared are 1, 1.44, 1.96; alpha fills up to 1.9 ... 2.1
    assert sorted(triples(space(0.2))) == [
        (1.0, 1.0, 1.4),
        (1.0, 1.2, 1.2),
        (1.0, 1.4, 1.0),
        (1.4, 1.0, 1.2),
        (1.4, 1.2, 1.0),
        (2.0, 1.0, 1.0),
    ]


@pytest.mark.parametrize(("target", "tolerance"), [(2.0, 0.1), (1.5, 0.05), (3.0, 0.3)])
def test_the_grid_holds_all_that_meets_the_constraint_and_no_more(
    target: float, tolerance: float
) -> None:
    low, high = round((target - tolerance) * 10**5), round((target + tolerance) * 10**5)
    tenths = range(10, 35)  # in whole numbers, so nothing is rounded
    expected = {
        (a / 10, b / 10, c / 10)
        for a, b, c in product(tenths, repeat=3)
        if low <= a * b**2 * c**2 <= high
    }
    found = space(0.1, target, tolerance)
    assert set(triples(found)) == expected
    assert found.size == len(expected) == len(triples(found))


def test_the_papers_coefficients_are_192_percent_nominally() -> None:
    paper = Coefficients(1.2, 1.1, 1.15)
    assert paper.factors.nominal == pytest.approx(1.920_27, abs=1e-5)
    assert tuple(paper) in triples(space(0.05))
    assert sum(paper.shares) == pytest.approx(1)
    assert paper.shares[0] == pytest.approx(math.log2(1.2) / math.log2(1.92027), abs=1e-5)


def test_the_base_comes_first_and_is_itself() -> None:
    found = space()
    first = next(found.points())
    assert first == found.origin == {"alpha": 1.0, "beta": 1.0, "gamma": 1.0}
    assert found.resolve(first) == BASE
    assert found.macs == nas.cost(BASE).macs == MACS


def test_exact_cost_beside_nominal_by_hand() -> None:
    deep = space().resolve({"alpha": 2.0, "beta": 1.0, "gamma": 1.0})
    exact = 8 * 8 * 9 * (1 * 16 + 3 * 16 * 16) + 16 * 10
    assert nas.cost(deep).macs == exact
    assert exact / MACS == pytest.approx(2.880, abs=1e-3)  # nominally 2


def test_by_exact_macs_the_tolerance_holds_for_what_is_counted() -> None:
    found = space(0.1, 2.0, 0.2, exact=True)
    fits = {}
    for point in list(found.points())[1:]:
        try:
            network = found.resolve(point)
        except GenotypeError as error:
            assert "times the MACs, not within 0.2 of 2" in str(error)  # noqa: PT017
            continue
        fits[tuple(Coefficients.of(point))] = nas.cost(network).macs / MACS
    assert fits
    assert all(1.8 <= factor <= 2.2 for factor in fits.values())
    assert (2.0, 1.0, 1.0) not in fits


def test_what_a_sampler_proposes_is_led_to_the_nearest_point() -> None:
    found = space(0.2)
    near = found.active({"alpha": 1.8, "beta": 1.0, "gamma": 1.0})
    assert Coefficients.of(near) == (2.0, 1.0, 1.0)
    for point in list(found.points())[1:]:
        assert found.active(point) == point


def test_neighbours_and_mutants_are_other_points_of_the_space() -> None:
    found, rng = space(0.1), np.random.default_rng(0)
    every = [tuple(point.items()) for point in found.points()]
    for point in list(found.points())[1:]:
        around = list(found.neighbours(point))
        assert around
        assert point not in around
        assert all(tuple(each.items()) in every for each in around)
        assert found.mutate(point, rng) in around


def test_draws_are_uniform() -> None:
    found, rng = space(0.2), np.random.default_rng(0)
    drawn = [tuple(found.sample(rng).values()) for _ in range(600)]
    counts = [drawn.count(each) for each in set(drawn)]
    assert len(counts) == 6
    assert all(70 < count < 130 for count in counts)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((1.0, 0.1, 0.1), "--target 1: .* must be above 1"),
        ((math.nan, 0.1, 0.1), "--target nan"),
        ((2.0, 0.0, 0.1), "--tolerance 0: must be above 0 and below 1"),
        ((2.0, 1.0, 0.1), "--tolerance 1: .* the base itself would be a candidate"),
        ((2.0, 0.1, 0.0), "--grid 0: the step"),
        ((1.7, 0.05, 0.5), "no alpha, beta and gamma on a grid of 0.5 .* lower the step"),
        ((2.0, 0.1, 0.001), "more than 100,000 points"),
        ((2.0, 0.1, 0.1, False, 0), "--divisor 0: must be a whole number of channels from 1"),
        ((2.0, 0.1, 0.1, False, 1025), "--divisor 1025: .* to 1,024"),
    ],
)
def test_wrong_grids_are_refused_with_the_repair(given: tuple[float, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ScaledBase(BASE, *given)


def test_a_base_that_cannot_grow_is_refused() -> None:
    fixed = nas.genotype("image(1, 8, 8) >> classifier(10)")
    with pytest.raises(SpaceError, match=r"can't be wider or deeper.*give one with blocks"):
        ScaledBase(fixed, 2.0, 0.1, 0.1)
    with pytest.raises(SpaceError, match="can't be built"):
        ScaledBase(fit(nas.genotype("alexnet"), (3, 8, 8), 10), 2.0, 0.1, 0.1)


def test_a_direction_that_changes_nothing_is_known() -> None:
    assert idle(BASE) == ()
    assert idle(nas.genotype("image(1, 8, 8) >> conv(16, 3) >> classifier(10)")) == ("depth",)


DROPS = nas.genotype("image(1, 8, 8) >> mbconv(8, 3) * 2 >> classifier(10, dropout=0.2)")


def test_candidates_differ_in_size_alone_so_that_one_size_is_one_network() -> None:
    found = ScaledBase(DROPS, 2.0, 0.3, 0.25)
    made = {tuple(Coefficients.of(point)): found.resolve(point) for point in found.points()}
    del made[1.0, 1.0, 1.0]
    # nominally 1.95 to 2.25 times the MACs. Twice lies between B2 (1.96 times B0) and B3 (3.61),
    # which both have 0.3
    assert {str(network).rpartition("dropout=")[2] for network in made.values()} == {"0.3)"}
    # four blocks by depth 1.75 and by 2
    assert made[1.75, 1.0, 1.0] == made[2.0, 1.0, 1.0] != made[2.25, 1.0, 1.0]
    assert found.resolve(found.origin) == DROPS


def test_dropout_that_goes_with_the_factor_is_no_growth() -> None:
    once = nas.genotype("image(1, 8, 8) >> mbconv(8, 3) >> classifier(10, dropout=0.2)")
    assert idle(once) == ("depth",)


def test_channels_are_multiples_of_the_divisor() -> None:
    def widths(divisor: int) -> set[int]:
        found = ScaledBase(BASE, 2.0, 0.1, 0.1, divisor=divisor)
        texts = (str(found.resolve(point)) for point in found.points())
        return {int(re.search(r"conv\((\d+)", text)[1]) for text in texts}

    assert all(width % 8 == 0 for width in widths(8))
    assert widths(1) == {16, 18, 19, 21, 22}  # 16 * 1.0 ... 1.4, as 1.5^2 is above 2.1
    assert all(width % 12 == 0 for width in widths(12) - {16})  # the base keeps its own
