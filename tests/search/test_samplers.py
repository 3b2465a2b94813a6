"""Samplers: laws that every one keeps, and what sets evolution apart."""

from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution
from optuna.study import Study
from optuna.trial import TrialState, create_trial
from toy_search import Toy, drive, open_record, toy_card

from nas.errors import UsageError
from nas.search.candidates import Candidates
from nas.search.samplers import make, names
from nas.search.samplers._base import SpaceSampler
from nas.search.samplers.evolution import POPULATION
from nas.search.samplers.evolution import Sampler as Evolution

LUCKY = 5  # a trial


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
    drive(record, POPULATION + 20)
    trials = record._study.get_trials(deepcopy=False)
    done = [trial for trial in trials if trial.values]
    for i in range(POPULATION, len(done)):
        child, young = done[i].params, done[i - POPULATION : i]
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


def test_settings_stand_behind_a_colon() -> None:
    candidates = Candidates(Toy(), None, toy_card)
    sampler = make("evolution:population=6, sample=2", candidates, 0)
    assert isinstance(sampler, Evolution)
    assert (sampler.population, sampler.sample) == (6, 2)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "evolution:populaton=5",
            r"evolution has no setting 'populaton'; it has population, sample; did you mean "
            r"'population'\?",
        ),
        ("random:sample=5", "random has no setting 'sample'; it has none"),
        ("evolution:sample=many", "sample=many must be a whole number, such as sample=20"),
        ("evolution:sample", "sample= must be a whole number"),
        ("evolution:sample=3,sample=4", "sample is set twice; keep one"),
        ("evolution:population=5,sample=6", "1 <= sample <= population must hold"),
        ("evolution:sample=0", "sample=0 of population=16: 1 <= sample <= population"),
    ],
)
def test_bad_settings_get_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        make(text, Candidates(Toy(), None, toy_card), 0)


def test_with_the_whole_population_in_each_tournament_the_best_young_one_is_the_parent(
    journal: Path,
) -> None:
    record = open_record(journal, sampler="evolution:population=6,sample=6", space=Toy(depth=8))
    drive(record, 14)  # few enough that the best one still has neighbours that are new
    trials = record._study.get_trials(deepcopy=False)
    done = [trial for trial in trials if trial.values]
    for i in range(6, len(done)):
        best = max(done[i - 6 : i], key=lambda trial: trial.values[0])
        assert sum(done[i].params[key] != value for key, value in best.params.items()) == 1
    record.close()


def _study(sampler: SpaceSampler, totals: list[tuple[int, ...]], luck: dict[int, float]) -> Study:
    """Trials of these genotypes, scored by their sums and some by luck besides."""
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for number, genotype in enumerate(totals):
        options = {f"d{i}": value for i, value in enumerate(genotype)}
        kinds = {key: CategoricalDistribution((0, 1, 2, 3)) for key in options}
        value = sum(genotype) + luck.get(number, 0.0)
        study.add_trial(create_trial(params=options, distributions=kinds, value=value))
    return study


def test_the_predictor_believes_in_neighbourhoods_more_than_in_one_lucky_trial() -> None:
    good = [(3, 3, 3, 3), (3, 3, 3, 2), (3, 3, 2, 3), (3, 2, 3, 3), (2, 3, 3, 3)]
    bad = [(0, 0, 0, 0), (0, 0, 0, 1), (0, 0, 1, 0), (0, 1, 0, 0), (1, 0, 0, 0)]
    sampler = make("predictor", Candidates(Toy(depth=4), None, toy_card), 0)
    study = _study(sampler, [*good, *bad], luck={5: 20.0})  # (0, 0, 0, 0) scores 20, the most
    assert study.best_trial.number == 5
    (best,) = sampler.believed(study)
    assert best in range(5)


def test_the_front_by_predicted_means_leaves_out_luck_and_keeps_known_costs() -> None:
    sampler = make("predictor", Candidates(Toy(depth=4), None, toy_card), 0)
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler)
    kinds = {f"d{i}": CategoricalDistribution((0, 1, 2, 3)) for i in range(4)}
    points = [(a, b, c, d) for a in range(4) for b in range(4) for c in (0, 1) for d in (0, 1)]
    for number, point in enumerate(points):
        accuracy = point[0] + (9.0 if number == LUCKY else 0.0)
        cost = 100.0 * point[0] + number  # so of each first decision one trial is the cheapest
        params = {f"d{i}": value for i, value in enumerate(point)}
        study.add_trial(create_trial(values=[accuracy, cost], params=params, distributions=kinds))
    assert {each.number for each in study.best_trials} == {0, LUCKY}
    sampler.counted = (None, "macs")
    believed = sampler.believed(study)
    assert believed[-1] == 0  # the cheapest is on any front
    assert 3 in {points[number][0] for number in believed}


def test_what_predicts_nothing_believes_nothing() -> None:
    sampler = make("random", Candidates(Toy(depth=4), None, toy_card), 0)
    assert sampler.believed(_study(sampler, [(0, 0, 0, 0)] * 10, {})) == ()
    sampler = make("predictor", Candidates(Toy(depth=4), None, toy_card), 0)
    assert sampler.believed(_study(sampler, [(0, 0, 0, 0)] * 7, {})) == ()


def test_the_predictor_learns_from_trials_that_wait_at_a_rung() -> None:
    sampler = make("predictor", Candidates(Toy(), None, toy_card), 0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    rng = np.random.default_rng(0)
    kinds = {f"d{i}": CategoricalDistribution((0, 1, 2, 3)) for i in range(6)}
    totals = []
    for _ in range(30):
        point = Toy().sample(rng)
        totals.append(sum(point.values()))
        held = {"rung.0": {"values": [float(totals[-1])], "figures": {}, "seconds": 1.0}}
        study.add_trial(
            create_trial(
                state=TrialState.RUNNING, params=point, distributions=kinds, user_attrs=held
            )
        )
    drawn = [sum(sampler.draw(study, np.random.default_rng(seed)).values()) for seed in range(5)]
    assert min(drawn) > np.quantile(totals, 0.9)
