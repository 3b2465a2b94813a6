"""What may be asked of an evaluator, and how a screened run divides its budget."""

from dataclasses import replace
from pathlib import Path

import pytest
from toy_search import Toy, evaluate, open_record

from nas.errors import UsageError
from nas.search.objective import Objective
from nas.search.record import Record
from nas.search.screening import Screening
from nas.study import Budget, Evaluation, Goal, Study, Training
from nas.study.screening import Plan, check, trust
from nas.trial import Job, Kind, Outcome

ZERO_COST = Evaluation("zero-cost")
SCORED = Goal("", objectives=("score",))


@pytest.mark.parametrize(
    ("study", "said"),
    [
        (Study(SCORED), "--objective score: --evaluator train measures accuracy and loss; only"),
        (Study(Goal(""), evaluation=ZERO_COST), "--objective mnasnet: a score of .* no accuracy's"),
        (
            Study(Goal("", objectives=("score", "loss")), evaluation=ZERO_COST),
            "--objective loss: a score",
        ),
        (
            Study(Goal("", objectives=("loss",)), evaluation=Evaluation("table")),
            "--objective loss: --evaluator table measures accuracy only",
        ),
        (Study(Goal(""), evaluation=Evaluation(proxy="zen")), "--proxy zen: only with --evaluator"),
        (
            Study(SCORED, evaluation=Evaluation("zero-cost", table="t.csv")),
            "--table t.csv: only with --evaluator table",
        ),
        (Study(Goal(""), evaluation=Evaluation(survivors=5)), "--survivors 5: only with a cheap"),
        (Study(SCORED, evaluation=Evaluation("zero-cost", survivors=-3)), "must be at least 2"),
        (Study(Goal(""), evaluation=Evaluation("zerocost")), "is none of .* mean 'zero-cost'"),
        (
            Study(SCORED, Training(rungs=(1, 3)), evaluation=ZERO_COST),
            "--rungs: not with --evaluator zero-cost",
        ),
        (
            Study(replace(SCORED, warm_start="a"), evaluation=ZERO_COST),
            "--warm-start a: not with --evaluator zero-cost",
        ),
    ],
)
def test_what_an_evaluator_cannot_do_is_one_sentence(study: Study, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        check(study)
    assert "\n" not in str(caught.value)


def test_what_it_can_is_not_refused() -> None:
    check(Study(Goal("")))
    check(Study(SCORED, evaluation=ZERO_COST))
    check(Study(Goal("", objectives=("score", "macs")), evaluation=ZERO_COST))
    check(Study(Goal(""), evaluation=Evaluation("supernet", survivors=0)))


class Clock:
    """A search whose jobs take the seconds they say; `at_once` of them run at a time."""

    def __init__(self, record: Record, budget: Budget, at_once: int = 1) -> None:
        self.record, self.at_once = record, at_once
        self.plan = Plan(Screening(10), budget, record)
        self.elapsed = 0.0

    def run(self, scoring: float, training: float) -> None:
        while self.plan.fits(self.elapsed):
            begins = self.plan.begins(self.elapsed)
            job = self.record.ask(begins, self.plan.at_random(begins))
            if job is None:
                return
            seconds = training if job.rung else scoring
            self.record.tell(_told(job, seconds))
            self.elapsed += seconds / self.at_once


def _told(job: Job, seconds: float) -> Outcome:
    if job.rung:
        return replace(evaluate(job), seconds=seconds)
    score = float(sum(map(int, job.genotype.split(","))))
    return Outcome(job.number, Kind.COMPLETE, {"score": score}, seconds=seconds)


def opened(folder: Path, space: Toy) -> Record:
    return open_record(
        folder / "journal.log", space=space, objective=Objective(("score",)), rungs=Screening(10)
    )


@pytest.mark.parametrize(("scoring", "training"), [(0.2, 2.0), (0.5, 4.0)])
def test_time_is_divided_so_that_random_search_costs_the_same(
    tmp_path: Path, scoring: float, training: float
) -> None:
    clock = Clock(opened(tmp_path, Toy(9, 9)), Budget(seconds=100.0))
    clock.run(scoring, training)
    study = Study(SCORED, evaluation=ZERO_COST)
    found = trust(study, clock.record, clock.plan.scoring)
    assert len(found.chosen) >= 5
    assert abs(found.cost - found.baseline) <= 2 * training
    assert 100 - 2 * training <= clock.elapsed <= 100 + training


def test_several_workers_score_as_many_times_more(tmp_path: Path) -> None:
    counts = []
    for at_once in (1, 4):
        (tmp_path / str(at_once)).mkdir()
        record = opened(tmp_path / str(at_once), Toy(9, 9))
        clock = Clock(record, Budget(seconds=40.0), at_once)
        clock.run(0.5, 2.0)
        assert clock.elapsed <= 42
        counts.append(record.scoring)
    assert counts[1] > 3 * counts[0]


def test_too_little_time_still_scores_some_and_trains_the_best(tmp_path: Path) -> None:
    clock = Clock(opened(tmp_path, Toy(9, 9)), Budget(seconds=100.0))
    clock.run(0.5, 20.0)
    assert clock.plan.scoring >= 10
    assert clock.elapsed <= 120
    assert any(not each.random for each in clock.record.screened())


def test_a_number_of_trials_counts_the_random_ones(tmp_path: Path) -> None:
    clock = Clock(opened(tmp_path, Toy(9, 9)), Budget(trials=60))
    clock.run(0.5, 2.0)
    assert clock.record.begun == 60
    assert len(clock.record.screened()) == 10


def test_at_least_as_many_are_trained_as_are_asked_for(tmp_path: Path) -> None:
    # of 45 networks, many that are drawn at random are among the best, too
    clock = Clock(opened(tmp_path, Toy(2, 9)), Budget(trials=40))
    clock.run(0.5, 2.0)
    assert len(clock.record.screened()) == 10


def test_a_space_that_is_used_up_is_trained_from_all_the_same(tmp_path: Path) -> None:
    clock = Clock(opened(tmp_path, Toy(2, 5)), Budget(seconds=1000.0))
    clock.run(0.1, 1.0)
    assert clock.record.standing.spent
    assert len(clock.record.screened()) >= 10
