"""Narrow limits: bounded work, diverse draws, and the share that is said at the start."""

import math
from collections import Counter
from itertools import product

import numpy as np
import pytest
from toy_search import Toy, toy_card

from nas.errors import GenotypeError
from nas.search.candidates import DRAWS, Candidates, Card
from nas.search.feasible import Share, estimate, opening, percent
from nas.search.limits import Limits

NARROW = Limits(macs=1000 + 100 * 6)  # a sum of at most 6


def fitting(depth: int, width: int, most: int) -> int:
    """How many of the tuples have a sum of at most `most`, by counting."""
    ways = Counter({0: 1})
    for _ in range(depth):
        ways = Counter(
            {s: sum(ways[s - x] for x in range(width) if s >= x) for s in range(most + 1)}
        )
    return ways.total()


def test_one_in_a_hundred_thousand_is_found_and_varied() -> None:
    space, counted = Toy(depth=12, width=6), [0]
    assert 5e-6 < fitting(12, 6, 6) / space.size < 1e-5

    def card(genotype: tuple[int, ...]) -> Card:
        counted[0] += 1
        made = toy_card(genotype)
        return Card(made.macs, made.params, lambda: (made.genotype, made.genotype))

    candidates, rng = Candidates(space, NARROW, card), np.random.default_rng(0)
    points = []
    for trial in range(30):
        candidate = candidates.at(candidates.first(lambda: space.sample(rng)))
        assert candidate.excess <= 1
        assert candidate.card.hash not in candidates.seen
        candidates.seen[candidate.card.hash] = trial
        points.append(candidate.network)
    assert counted[0] <= 30 * (DRAWS + 12 * 60 + 3 * 12 + 200)
    assert len(set(points)) == 30
    for place in range(12):  # no place is always walked down first
        assert len({point[place] for point in points}) >= 2


def test_repaired_draws_come_near_to_uniform() -> None:
    space = Toy(depth=6, width=4)
    limits = Limits(macs=1000 + 100 * 2)  # 28 of 4,096 points
    feasible = [p for p in product(range(4), repeat=6) if sum(p) <= 2]
    assert len(feasible) == fitting(6, 4, 2) == 28
    candidates, rng = Candidates(space, limits, toy_card), np.random.default_rng(1)
    draws = 840
    ends = Counter(
        candidates.at(candidates.repaired(space.sample(rng))).network for _ in range(draws)
    )
    assert set(ends) == set(feasible)
    expected = draws / len(feasible)
    chi = sum((ends[point] - expected) ** 2 / expected for point in feasible)
    # chi-square with 27 degrees: 0.001 lies at 55.5. A walk that stopped where it came in would
    # never end below the limit.
    assert chi < 55.5


def test_a_repair_is_the_same_again() -> None:
    space = Toy(depth=12, width=6)
    point = space.sample(np.random.default_rng(3))
    found = [Candidates(space, NARROW, toy_card).repaired(point) for _ in range(2)]
    assert found[0] == found[1]


def test_where_nothing_is_new_the_search_of_one_ends() -> None:
    space = Toy(depth=2, width=2)
    candidates, rng = Candidates(space, Limits(macs=1000), toy_card), np.random.default_rng(0)
    candidates.seen[toy_card((0, 0)).hash] = 0
    assert candidates.first(lambda: space.sample(rng)) == {"d0": 0, "d1": 0}


def test_the_share_is_what_counting_finds() -> None:
    space = Toy(depth=6, width=4)
    share = estimate(Candidates(space, Limits(macs=1000 + 100 * 7), toy_card))
    true = fitting(6, 4, 7) / 4**6
    assert share.drawn == 400
    assert share.fit / share.drawn == pytest.approx(true, abs=4 * math.sqrt(true / 400))


@pytest.mark.parametrize(
    ("part", "whole", "says"),
    [
        (12, 100, "12 %"),
        (0, 400, "less than 1 %"),
        (2, 400, "less than 1 %"),
        (0, 20, "less than 5 %"),
        (400, 400, "more than 99 %"),
        (396, 400, "99 %"),
    ],
)
def test_shares_are_said_as_far_as_they_are_known(part: int, whole: int, says: str) -> None:
    assert percent(part, whole) == says
    assert str(Share(whole, part)) == says


def test_the_opening_says_size_share_and_what_can_not_be_built() -> None:
    space = Toy(depth=12, width=6)
    assert opening(Candidates(space, None, toy_card)) == "2.2e9 candidates"
    assert opening(Candidates(Toy(6, 5), None, toy_card)) == "15,625 candidates"
    told = opening(Candidates(space, Limits(macs=2000, params=30), toy_card))
    assert told == "less than 1 % of 2.2e9 candidates fit 2.00k MACs and 30 parameters"

    def refuse(genotype: tuple[int, ...]) -> Card:
        if genotype[0] % 2:
            raise GenotypeError("groups must divide")
        return toy_card(genotype)

    told = opening(Candidates(space, Limits(macs=10**6), refuse))
    assert told.endswith("% can't be built (groups must divide)")
    assert told.startswith(("4", "5"))


def test_limits_ask_only_for_what_they_need() -> None:
    asked = []

    def figure(name: str) -> float:
        asked.append(name)
        return {"macs": 3.0, "latency": 0.03}[name]

    assert Limits(macs=2).excess(figure) == 1.5
    assert asked == ["macs"]
    assert Limits(latency=0.02, macs=3).excess(figure) == pytest.approx(1.5)
    assert Limits().excess(figure) == 0
    assert str(Limits(latency=0.02, memory=4_000_000)) == (
        "at most 4.00 MB memory and at most 20.0 ms latency"
    )
