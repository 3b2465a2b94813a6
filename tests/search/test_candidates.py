"""Candidates: limits hold before anything is built, and an infeasible space is told at once."""

import numpy as np
import pytest
from toy_search import Toy, toy_card

from nas.errors import GenotypeError, SpaceError
from nas.search.candidates import Candidates, Card
from nas.search.limits import Limits


def test_a_tight_limit_is_met_by_walking_down() -> None:
    space = Toy(depth=12, width=6)  # one in 6**12 is feasible: rejection would never end
    candidates = Candidates(space, Limits(macs=1000), toy_card)
    rng = np.random.default_rng(0)
    point = candidates.first(lambda: space.sample(rng))
    assert set(point.values()) == {0}


def test_an_infeasible_space_names_its_smallest_candidate() -> None:
    candidates = Candidates(Toy(depth=12, width=6), Limits(macs=999), toy_card)
    with pytest.raises(
        SpaceError,
        match="no candidate of the space has at most 999 MACs; the smallest found has 1[.]00k MACs "
        r"and 10 parameters: raise the limit",
    ):
        candidates.check()


def test_a_space_that_can_not_be_built_says_why() -> None:
    def refuse(_: object) -> Card:
        raise GenotypeError("5x5 kernel on a 1x1 map")

    with pytest.raises(SpaceError, match=r"no candidate .* can be built: 5x5 kernel on a 1x1 map"):
        Candidates(Toy(), None, refuse).check()


def test_candidates_that_can_not_be_built_are_passed_over() -> None:
    def refuse(genotype: tuple[int, ...]) -> Card:
        if genotype[0]:
            raise GenotypeError("no")
        return toy_card(genotype)

    space, rng = Toy(), np.random.default_rng(0)
    candidates = Candidates(space, None, refuse)
    candidates.check()
    assert candidates.first(lambda: space.sample(rng))["d0"] == 0


def test_usual_macs_is_the_median() -> None:
    space = Toy(depth=6, width=4)  # 1000 + 100 * a sum of mean 9
    assert Candidates(space, None, toy_card).usual_macs() == pytest.approx(1900, abs=100)
