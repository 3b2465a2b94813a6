"""Laws that every sampler keeps; a new one in nas/search/samplers is tested by being there."""

from pathlib import Path

import pytest
from toy_search import Toy, drive, open_record, rows

from nas.search.limits import Limits
from nas.search.objective import Objective
from nas.search.samplers import names

SLOW = {"gp"}  # fits a model in torch for every trial
EVERY = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in names()]
)


@EVERY
def test_the_same_seed_draws_the_same_trials(name: str, tmp_path: Path) -> None:
    found = []
    for run in range(2):
        record = open_record(tmp_path / f"{run}.log", sampler=name, seed=5)
        drive(record, 24)
        found.append(rows(record))
        record.close()
    assert found[0] == found[1]


@EVERY
def test_interrupted_and_resumed_is_uninterrupted(name: str, tmp_path: Path) -> None:
    whole = open_record(tmp_path / "whole.log", sampler=name)
    drive(whole, 22)
    for trials in (5, 13, 22):
        part = open_record(tmp_path / "part.log", sampler=name)
        drive(part, trials)
        if trials < 22:
            part.close()
    assert rows(part) == rows(whole)
    part.close()
    whole.close()


@EVERY
def test_draws_are_within_the_limits_and_new(name: str, tmp_path: Path) -> None:
    limits = Limits(macs=1900)
    record = open_record(tmp_path / "j.log", sampler=name, limits=limits, space=Toy(6, 4))
    drive(record, 24)
    counts = {str(kind): count for kind, count in record.standing.counts.items()}
    assert counts["complete"] == 24
    assert counts.get("infeasible", 0) == 0
    assert counts.get("duplicate", 0) <= 2
    record.close()


@EVERY
def test_several_objectives_have_a_front(name: str, tmp_path: Path) -> None:
    objective = Objective(("accuracy", "macs"))
    record = open_record(tmp_path / "j.log", sampler=name, objective=objective)
    drive(record, 20)
    assert record.standing.good == 20
    assert record.standing.front
    record.close()
