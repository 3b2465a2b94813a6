"""Screening in the record: who is trained, and that a kill anywhere changes nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from toy_search import Toy, evaluate, open_record, rows

from nas.errors import UsageError
from nas.search.objective import Objective
from nas.search.record import Record
from nas.search.screening import Screening
from nas.trial import Job, Kind, Outcome

SCORE = Objective(("score",))


def opened(path: Path, survivors: int = 6, sampler: str = "evolution") -> Record:
    ladder = Screening(survivors)
    return open_record(path, sampler=sampler, space=Toy(5, 5), objective=SCORE, rungs=ladder)


def measured(job: Job) -> Outcome:
    """At rung 0 a score that grows with the first number, at rung 1 a training."""
    if job.rung:
        return evaluate(job)
    first = int(job.genotype.split(",")[0])
    figures = {"score": 100.0 * first + sum(map(int, job.genotype.split(",")))}
    return Outcome(job.number, Kind.COMPLETE, figures, seconds=0.1)


def driven(record: Record, trials: int, at_random: int = 3) -> None:
    while job := record.ask(record.begun < trials, at_random):
        record.tell(measured(job))


def test_the_best_by_score_and_random_ones_are_trained(journal: Path) -> None:
    record = opened(journal)
    driven(record, 40)
    found = record.screened()
    scores = {
        trial.number: trial.user_attrs["rung.0"]["figures"]["score"]
        for trial in record._study.get_trials(deepcopy=False)
        if "rung.0" in trial.user_attrs
    }
    assert list(record.drawn) == [0, 1, 2]  # before the sampler was asked
    chosen = sorted(
        scores.keys() - record.drawn.keys(), key=lambda number: (-scores[number], number)
    )[:3]
    assert {each.number for each in found if each.chosen} == set(chosen)
    assert sum(each.random for each in found) == 3
    assert {each.number for each in found if each.random} == set(record.drawn)
    assert {each.number for each in found} == set(chosen) | set(record.drawn)
    best = max(found, key=lambda each: each.trained["accuracy"])
    assert record.standing.incumbent is not None
    assert record.standing.incumbent.number == best.number
    assert record.standing.incumbent.values == (best.trained["accuracy"],)
    assert record.scoring == pytest.approx(0.1 * (len(scores) - 3))
    assert sum(record.training.values()) == pytest.approx(0.5 * len(found))
    record.finish()
    assert record.standing.counts[Kind.COMPLETE] == len(found)
    assert record.standing.counts[Kind.PRUNED] == len(scores) - len(found)


def test_random_ones_are_the_same_whatever_the_sampler_does(tmp_path: Path) -> None:
    texts = []
    for sampler in ("evolution", "random", "local"):
        record = opened(tmp_path / sampler, sampler=sampler)
        driven(record, 30)
        trials = record._study.get_trials(deepcopy=False)
        texts.append({trials[number].user_attrs["hash"] for number in record.drawn})
    assert texts[0] == texts[1] == texts[2]


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "evolution", "local"])
def test_every_sampler_learns_from_scores(journal: Path, sampler: str) -> None:
    record = open_record(
        journal, sampler=sampler, space=Toy(6, 8), objective=SCORE, rungs=Screening(2)
    )
    driven(record, 80, at_random=1)
    trials = record._study.get_trials(deepcopy=False)
    held = [each.user_attrs for each in trials if "rung.0" in each.user_attrs]
    scores = [each["rung.0"]["values"][0] for each in held]
    # at random, the first of eight numbers is 3.5 in the mean, so that 100 times it is 350
    assert sum(scores[50:]) / len(scores[50:]) > 500


def test_a_driver_killed_after_any_job_ends_at_the_same_record(tmp_path: Path) -> None:
    whole = opened(tmp_path / "whole")
    driven(whole, 20)
    whole.finish()
    jobs = 0
    while True:
        record = opened(tmp_path / "killed")
        for _ in range(jobs % 3):  # die with a job in flight, after 0, 1 or 2 others
            job = record.ask(record.begun < 20, 3)
            if job is not None:
                record.tell(measured(job))
        job = record.ask(record.begun < 20, 3)
        record.close()
        jobs += 1
        if job is None:
            break
    record = opened(tmp_path / "killed")
    record.finish()
    assert rows(record) == rows(whole)
    assert record.screened() == whole.screened()
    assert record.scoring == pytest.approx(whole.scoring)
    assert record.training == pytest.approx(whole.training)


def test_the_hypervolume_is_of_trained_ones(journal: Path) -> None:
    objective = Objective(("score", "macs"), reference=(0.0, 4000.0))
    record = open_record(journal, objective=objective, rungs=Screening(4))
    job = record.ask()
    assert job is not None
    record.tell(measured(job))
    assert record.standing.hypervolume is None
    driven(record, 12, at_random=2)
    held = record.standing.hypervolume
    assert held is not None
    assert 0 < held < 1


def test_one_that_fails_in_training_makes_room_for_the_next(journal: Path) -> None:
    record = opened(journal, survivors=2)
    lost = []
    while job := record.ask(record.begun < 12, 1):
        outcome = measured(job)
        if job.rung and len(lost) < 4:
            lost.append(job.number)
            outcome = replace(outcome, kind=Kind.DIVERGED, figures={})
        record.tell(outcome)
    found = record.screened()
    assert len(lost) == 4
    assert {each.number for each in found}.isdisjoint(lost)
    assert any(each.chosen for each in found)
    assert any(each.random for each in found)


def test_what_a_random_draw_hits_is_trained_once(journal: Path) -> None:
    record = open_record(
        journal, sampler="random", space=Toy(2, 3), objective=SCORE, rungs=Screening(12)
    )
    driven(record, 50, at_random=6)
    found = record.screened()
    assert record.standing.spent  # six networks, all of them scored
    assert len(found) == 6
    assert all(each.random for each in found)
    assert record.ask(begin=False, at_random=12) is None  # nothing is left to draw


def test_fewer_than_two_survivors_are_refused() -> None:
    with pytest.raises(UsageError, match="--survivors 1: must be at least 2"):
        Screening(1)
