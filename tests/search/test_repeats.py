"""Repeats: the same seeds for every candidate, judged by the mean, resumed as if uninterrupted."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

import pytest
from toy_search import Toy, drive, evaluate, open_record, rows, toy_card

from nas.errors import UsageError
from nas.search.candidates import Candidates
from nas.search.objective import Objective
from nas.search.record import Record
from nas.search.repeats import Repeats, mean
from nas.search.samplers import make
from nas.trial import Kind, Outcome

SMALL = Toy(2, 2)  # 4 points, 3 networks, as order doesn't matter


def repeated(path: Path, seeds: int = 3, sampler: str = "random", **more: object) -> Record:
    breadth = sampler == "grid"
    return open_record(path, sampler=sampler, rungs=Repeats(seeds, breadth), **more)


def test_every_candidate_has_the_same_seeds_and_its_mean(journal: Path) -> None:
    record = repeated(journal)
    own: dict[int, list[float]] = {}
    seeds: dict[int, list[int]] = {}
    while job := record.ask(begin=record.begun < 4):
        outcome = evaluate(job)
        own.setdefault(job.number, []).append(outcome.figures["accuracy"])
        seeds.setdefault(job.number, []).append(job.seed)
        told = record.tell(outcome)
        assert told.figures["accuracy"] == pytest.approx(fmean(own[job.number]))
    complete = [trial for trial in record._study.get_trials() if trial.values]
    assert len(complete) == 4
    assert len({tuple(each) for each in seeds.values()}) == 1
    assert len(set(seeds[complete[0].number])) == 3
    for trial in complete:
        assert trial.value == pytest.approx(fmean(own[trial.number]))
        held = [trial.user_attrs[f"rung.{rung}"] for rung in range(3)]
        assert [each["own"]["accuracy"] for each in held] == own[trial.number]
        assert [each["seed"] for each in held] == seeds[trial.number]
    best = max(own, key=lambda number: fmean(own[number]))
    assert record.standing.incumbent is not None
    assert record.standing.incumbent.number == best
    assert record.standing.incumbent.seed == seeds[best][-1]  # whose weights lie there


def test_a_grid_is_tried_whole_before_anything_is_repeated(journal: Path) -> None:
    record = repeated(journal, 2, "grid", space=SMALL)
    asked = []
    while job := record.ask():
        asked.append((job.rung, job.genotype))
        record.tell(evaluate(job))
    assert asked == [(rung, text) for rung in (0, 1) for text in ("0,0", "0,1", "1,1")]
    assert record.standing.counts == {Kind.COMPLETE: 3}  # "1,0" is known, and passed over
    assert not record.standing.ended


def test_a_sampler_has_a_candidate_repeated_before_the_next(journal: Path) -> None:
    record = repeated(journal, 2)
    asked = []
    while job := record.ask(begin=record.begun < 3):
        asked.append(job.rung)
        record.tell(evaluate(job))
    assert asked == [0, 1] * 3


@pytest.mark.parametrize("sampler", ["random", "grid", "evolution:population=3,sample=2"])
def test_interrupted_and_resumed_is_uninterrupted(sampler: str, tmp_path: Path) -> None:
    whole = repeated(tmp_path / "whole.log", 3, sampler)
    drive(whole, 6)
    parts = repeated(tmp_path / "parts.log", 3, sampler)
    sittings = 0
    while True:
        for _ in range(4):
            job = parts.ask(begin=parts.begun < 6)
            if job is None:
                break
            parts.tell(evaluate(job))
        else:
            parts.ask(begin=parts.begun < 6)  # is running when its driver dies
            parts.close()
            parts = repeated(tmp_path / "parts.log", 3, sampler)
            sittings += 1
            continue
        break
    assert sittings > 2
    assert rows(parts) == rows(whole)
    assert parts.standing.incumbent == whole.standing.incumbent


def test_the_end_of_a_search_leaves_what_waits_for_a_seed(journal: Path) -> None:
    record = repeated(journal, 3, "grid", space=SMALL)
    for _ in range(4):  # all three once, the first twice
        job = record.ask()
        assert job is not None
        record.tell(evaluate(job))
    record.finish()
    assert set(record.waiting) == {0, 1, 2}
    record.close()
    again = repeated(journal, 3, "grid", space=SMALL)
    drive(again, 3)
    assert +again.standing.counts == {Kind.COMPLETE: 3}


def test_a_seed_that_fails_ends_its_candidate(journal: Path) -> None:
    record = repeated(journal, 2, "grid", space=SMALL)
    while job := record.ask():
        bad = job.number == 1 and job.rung == 1
        record.tell(Outcome(job.number, Kind.DIVERGED) if bad else evaluate(job))
    assert record.standing.counts == {Kind.COMPLETE: 2, Kind.DIVERGED: 1}


def test_a_reference_is_trained_first_and_never_the_best(journal: Path) -> None:
    best = {"d0": 1, "d1": 1}

    def record() -> Record:
        candidates = Candidates(SMALL, None, toy_card, origin=best, reference=True)
        return Record(
            journal,
            make("random", candidates, 0),
            Objective(("accuracy",)),
            {"space": "toy", "seed": 0},
            Repeats(2),
        )

    opened = record()
    first = opened.ask()
    assert first is not None
    assert first.genotype == "1,1"
    opened.tell(evaluate(first))
    assert opened.standing.incumbent is None
    drive(opened, 3)
    for each in (opened, None):
        if each is None:
            opened.close()
            each = record()
        assert each.standing.incumbent is not None
        assert each.standing.incumbent.genotype == "0,1"
        assert all(one.genotype != "1,1" for one in each.standing.front)


def test_means_are_of_what_all_have() -> None:
    assert mean([{"a": 1.0, "b": 2.0}, {"a": 3.0}]) == {"a": 2.0}
    with pytest.raises(UsageError, match="--seeds 0: must be at least 1"):
        Repeats(0)
