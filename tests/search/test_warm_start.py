"""Warm start: what another run has measured is known, what doesn't fit is reported."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import FrozenTrial

from nas.errors import RunError
from nas.genotype import canonical_hash, parse
from nas.search.candidates import Candidates
from nas.search.objective import Objective
from nas.search.record import Record
from nas.search.rungs import learned
from nas.search.samplers import make
from nas.search.warm_start import WarmStart, stored, warm_start
from nas.space import Space
from nas.trial import Job, Kind, Outcome

OLD = (
    "image(1, 8, 8) >> conv(choice(4, 8), choice(1, 3)) >> conv(choice(4, 8), 3) >> classifier(10)"
)
GAINED = OLD.replace("8), 3)", "8), choice(1, 3, 5))")
LOST = OLD.replace("choice(1, 3)", "choice(3, 5)")


def opened(
    path: Path, text: str, sampler: str = "random", objective: Objective | None = None
) -> tuple[Record, Space, Candidates]:
    space = Space(parse(text))
    among = Candidates(space)
    goal = objective or Objective(("accuracy",))
    return Record(path, make(sampler, among, 0), goal, {"space": text}), space, among


def score(job: Job, **more: float) -> Outcome:
    figures = {"accuracy": int(canonical_hash(parse(job.genotype))[:4], 16) / 2**16, **more}
    return Outcome(job.number, Kind.COMPLETE, figures, 1.0)


def drive(record: Record, trials: int) -> list[Job]:
    jobs = []
    while job := record.ask(begin=record.begun < trials):
        jobs.append(job)
        record.tell(score(job))
    return jobs


@pytest.fixture
def before(journal: Path) -> Path:
    """A finished run of six of the old space's eight networks, and one that failed."""
    path = journal.with_name("before.log")
    record, *_ = opened(path, OLD)
    failed = record.ask()
    assert failed is not None
    record.tell(Outcome(failed.number, Kind.CRASHED))
    drive(record, 6)
    record.close()
    return path


def known(before: Path, space: Space, among: Candidates) -> WarmStart:
    return warm_start("before", stored(before)[1], space, among)


def accuracy(trial: FrozenTrial) -> float:
    return float(trial.user_attrs["figures"]["accuracy"])


def attributes(record: Record) -> list[Mapping[str, Any]]:
    return [trial.user_attrs for trial in record._study.get_trials(deepcopy=False)]


@pytest.mark.parametrize("text", [OLD, GAINED])
def test_every_trial_is_known_in_a_space_that_gained_a_choice(
    text: str, before: Path, journal: Path
) -> None:
    record, space, among = opened(journal, text)
    found = known(before, space, among)
    best = max(accuracy(trial) for trial in stored(before)[1])
    assert str(found) == f"6 of 6 trials of before are known, the best with accuracy {best:.4f}"
    record.take(found)
    theirs = {trial.user_attrs["hash"]: trial for trial in stored(before)[1]}
    for trial in learned(record._study):
        old = theirs.pop(trial.user_attrs["hash"])
        assert trial.values == old.values
        assert trial.user_attrs["source"] == {"run": "before", "trial": old.number}
        assert canonical_hash(space.resolve(trial.params)) == trial.user_attrs["hash"]
    assert not theirs
    assert (record.begun, record.standing.good, record.standing.incumbent) == (0, 0, None)
    record.close()


def test_what_is_known_is_not_trained_again_and_a_resume_knows_it_too(
    before: Path, journal: Path
) -> None:
    record, space, among = opened(journal, GAINED)
    record.take(known(before, space, among))
    held = attributes(record)
    record.close()
    record, _, _ = opened(journal, GAINED)
    assert attributes(record) == held
    jobs = drive(record, 10)
    assert jobs[0].number == 6
    taken = {each["hash"] for each in held}
    assert not taken & {canonical_hash(parse(job.genotype)) for job in jobs}
    assert record.standing.counts[Kind.COMPLETE] == 10
    incumbent = record.standing.incumbent
    assert incumbent is not None
    assert incumbent.number >= 6
    record.close()


def test_trials_that_do_not_fit_are_counted_with_the_first_reason(
    before: Path, journal: Path
) -> None:
    record, space, among = opened(journal, LOST)
    found = known(before, space, among)
    gone = [trial for trial in stored(before)[1] if trial.params["conv.kernel"] == 1]
    assert 0 < len(gone) < 6
    best = max(accuracy(trial) for trial in stored(before)[1] if trial not in gone)
    assert str(found) == (
        f"{6 - len(gone)} of 6 trials of before are known, the best with accuracy {best:.4f}; "
        f"{len(gone)} don't fit this space: "
        f"the decision 'conv.kernel' has no option 1; its options are 3, 5 "
        f"(trial {gone[0].number})"
    )
    record.take(found)
    assert len(attributes(record)) == 6 - len(gone)
    record.close()


def test_another_objective_is_worked_out_from_the_figures(before: Path, journal: Path) -> None:
    record, space, among = opened(journal, OLD, objective=Objective(("accuracy", "params")))
    record.take(known(before, space, among))
    for trial in learned(record._study):
        held = trial.user_attrs
        assert trial.values == [held["figures"]["accuracy"], held["params"]]
    record.close()


def test_a_figure_that_was_not_measured_is_told_and_nothing_taken(
    before: Path, journal: Path
) -> None:
    record, space, among = opened(journal, OLD, objective=Objective(("loss",)))
    with pytest.raises(RunError, match="before: its trials measured no 'loss'"):
        record.take(known(before, space, among))
    assert attributes(record) == []
    record.close()


def test_no_run_and_no_journal_are_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"holds no run \(no journal.log\)"):
        stored(tmp_path / "journal.log")
    assert not list(tmp_path.iterdir())
    (tmp_path / "journal.log").write_text("nothing\n")
    with pytest.raises(RunError, match=r"journal.log: is no journal of a search"):
        stored(tmp_path / "journal.log")
