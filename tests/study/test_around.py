"""A search around a network: fitted to the data set, the network first, the rest near it."""

from pathlib import Path

import numpy as np
import pytest

import nas
from nas.errors import SpaceError
from nas.genotype import canonical_hash
from nas.scaling import scale
from nas.search.samplers import make
from nas.space import fit
from nas.study import wiring
from nas.study.settings import Goal, Study

SEED = "resnet20_cifar10"


def goal(**values: int) -> Goal:
    space = wiring.neighbourhood(nas.genotype(SEED), "digits", 0.5)
    return Goal(space=str(space), around=True, sampler="random", **values)


def test_the_first_candidate_is_the_network_at_the_data_sets_size() -> None:
    among = wiring.candidates(goal())
    assert among.origin is not None
    first = among.at(among.first(lambda: among.space.sample(np.random.default_rng(0))))
    expected = fit(scale(nas.genotype(SEED), width=0.5), image=(1, 32, 32), classes=10)
    assert first.card.hash == canonical_hash(expected)
    among.seen[first.card.hash] = 0
    second = among.at(among.first(lambda: among.space.sample(np.random.default_rng(0))))
    assert second.card.hash != first.card.hash


def test_a_network_over_the_limits_is_left_out() -> None:
    free = wiring.candidates(goal())
    assert free.origin is not None
    macs = free.at(free.origin).card.macs
    among = wiring.candidates(goal(max_macs=int(macs * 0.9)))
    found = among.at(among.first(lambda: among.space.sample(np.random.default_rng(0))))
    assert 0 < found.card.macs <= macs * 0.9


def test_the_saved_study_begins_alike(tmp_path: Path) -> None:
    study = Study(goal())
    study.save(tmp_path / "study.toml")
    held = Study.load(tmp_path / "study.toml")
    assert held == study
    assert wiring.candidates(held.goal).origin == wiring.candidates(study.goal).origin
    assert make("random", wiring.candidates(held.goal), 0).candidates.origin is not None


def test_a_network_too_large_for_the_images_is_refused_with_the_repair() -> None:
    with pytest.raises(SpaceError) as refused:
        wiring.neighbourhood(nas.genotype("overfeat_fast"), "digits")
    said = str(refused.value)
    assert "can't be built for the 32x32 images of digits" in said
    assert "upsample(times=7)" in said
    text = str(nas.genotype("overfeat_fast")).replace("\n>>", "\n>> upsample(times=8)\n>>", 1)
    repaired = wiring.neighbourhood(nas.parse(text), "digits")
    assert nas.cost(fit(nas.parse(text), (1, 32, 32), 10)).graph.spec.shape == (10,)
    assert repaired.open
