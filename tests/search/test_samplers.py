"""Samplers: laws that every one keeps, and what sets evolution apart."""

from pathlib import Path

import numpy as np
import pytest
from toy_search import Toy, drive, open_record, toy_card

from nas.errors import UsageError
from nas.search.candidates import Candidates
from nas.search.samplers import make, names
from nas.search.samplers.evolution import ALIVE


def test_names_are_the_files() -> None:
    assert {"random", "evolution"} <= set(names())


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"'randm' is none of .*; did you mean 'random'\?"):
        make("randm", Candidates(Toy(), None, toy_card), 0)


def test_random_draws_uniformly() -> None:
    candidates = Candidates(Toy(depth=1, width=4), None, toy_card)
    sampler = make("random", candidates, 0)
    counts = np.zeros(4)
    for number in range(2000):
        trial = type("Trial", (), {"number": number})()
        counts[sampler.sample_relative(None, trial, {})["d0"]] += 1  # type: ignore[arg-type]
    assert np.abs(counts - 500).max() < 100  # five standard deviations


def test_evolution_changes_one_decision_of_a_young_trial(journal: Path) -> None:
    record = open_record(journal, sampler="evolution", space=Toy(depth=8))
    drive(record, ALIVE + 20)
    trials = record._study.get_trials(deepcopy=False)
    done = [trial for trial in trials if trial.values]
    for i in range(ALIVE, len(done)):
        child, young = done[i].params, done[i - ALIVE : i]
        distances = [sum(child[key] != each.params[key] for key in child) for each in young]
        assert min(distances) == 1
    record.close()


def test_evolution_finds_better_than_random_on_a_slope(journal: Path) -> None:
    best = {}
    for sampler in ("random", "evolution"):
        found = []
        for seed in range(3):
            space = Toy(depth=10, width=4)
            path = journal.with_name(f"{sampler}{seed}")
            record = open_record(path, sampler=sampler, seed=seed, space=space)
            drive(record, 120)
            assert record.standing.incumbent is not None
            found.append(record.standing.incumbent.values[0])
            record.close()
        best[sampler] = float(np.median(found))
    assert best["evolution"] > best["random"] + 0.05
