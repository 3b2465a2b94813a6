"""The record: what is asked and told, and what a resumed search is."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from toy_search import Toy, drive, evaluate, open_record, rows

from nas.errors import RunError
from nas.search.limits import Limits
from nas.search.objective import Objective
from nas.search.rungs import Rungs
from nas.search.standing import FAILURES
from nas.trial import Job, Kind, Outcome


@pytest.mark.parametrize("sampler", ["random", "evolution"])
def test_resumed_after_a_kill_at_every_point_is_uninterrupted(sampler: str, journal: Path) -> None:
    whole = open_record(journal.with_name("whole.log"), sampler=sampler)
    drive(whole, 20)
    for _ in range(41):  # a kill between ask and tell, or after tell, by turns
        record = open_record(journal, sampler=sampler)
        if record.standing.good == 20:
            break
        job = record.ask()
        assert job is not None
        if job.attempt == 2:
            record.tell(evaluate(job))
        record.close()
    else:
        raise AssertionError("not finished after 41 sittings")
    assert rows(record) == rows(whole)
    assert record.standing.counts == {**whole.standing.counts, Kind.LOST: 20}
    assert record.standing.incumbent == whole.standing.incumbent
    assert record.standing.front == whole.standing.front
    record.close()
    whole.close()


def test_the_same_seed_gives_the_same_trials_in_another_process(journal: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from toy_search import *\n"
        "record = open_record(Path(sys.argv[1]), seed=5, sampler='evolution')\n"
        "drive(record, 25); print(rows(record))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(journal)],
        cwd=Path(__file__).parent,
        env={"PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    )
    record = open_record(journal.with_name("here.log"), seed=5, sampler="evolution")
    drive(record, 25)
    assert done.stdout.strip() == str(rows(record))
    record.close()


def test_other_seeds_give_other_trials(journal: Path) -> None:
    points = []
    for seed in range(2):
        record = open_record(journal.with_name(str(seed)), seed=seed)
        job = record.ask()
        assert job is not None
        points.append((job.genotype, job.seed))
        record.close()
    assert points[0] != points[1]


@pytest.mark.parametrize("sampler", ["random", "evolution"])
def test_no_network_is_trained_twice_and_a_spent_space_ends(sampler: str, journal: Path) -> None:
    space = Toy(depth=3, width=3)  # 27 points, 10 networks: the order of the numbers is nothing
    record = open_record(journal, space=space, sampler=sampler)
    trained = []
    while job := record.ask():
        trained.append(tuple(sorted(job.genotype.split(","))))
        record.tell(evaluate(job))
    assert len(trained) == len(set(trained))
    if sampler == "random":
        assert len(trained) == 10
    assert record.standing.counts[Kind.DUPLICATE] == FAILURES
    assert "had all been tried before" in record.standing.ended
    record.close()


def test_limits_hold_for_every_candidate(journal: Path) -> None:
    limits = Limits(macs=1500, params=14)
    record = open_record(journal, limits=limits, sampler="evolution")
    for _ in range(30):
        job = record.ask()
        if job is None:
            break
        assert sum(map(int, job.genotype.split(","))) <= 4
        record.tell(evaluate(job))
    assert record.standing.counts[Kind.INFEASIBLE] == 0
    record.close()


def test_twenty_equal_failures_end_the_search_with_their_cause(journal: Path) -> None:
    record = open_record(journal)
    asked = 0
    while job := record.ask():
        asked += 1
        reason = f"RuntimeError: no kernel\n  File x, line {asked}"
        record.tell(Outcome(job.number, Kind.CRASHED, reason=reason))
    assert asked == FAILURES
    why = "the last 20 trials all ended crashed: RuntimeError: no kernel"
    assert record.standing.ended == why
    record.close()
    record = open_record(journal)
    assert record.ask() is not None  # the cause may have been repaired
    record.close()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_figures_that_are_not_finite_mean_diverged(value: float, journal: Path) -> None:
    record = open_record(journal)
    job = record.ask()
    assert job is not None
    told = record.tell(Outcome(job.number, Kind.COMPLETE, {"accuracy": value, "epochs": 1}))
    assert (told.kind, told.reason) == (Kind.DIVERGED, "not finite: accuracy")
    assert record.standing.good == 0
    record.close()


def test_a_missing_figure_means_crashed(journal: Path) -> None:
    record = open_record(journal)
    job = record.ask()
    assert job is not None
    told = record.tell(Outcome(job.number, Kind.COMPLETE, {"loss": 1.0}))
    assert told.kind == Kind.CRASHED
    assert told.reason == "the evaluator measured no 'accuracy'"
    record.close()


def test_telling_twice_counts_once(journal: Path) -> None:
    record = open_record(journal)
    job = record.ask()
    assert job is not None
    record.tell(evaluate(job))
    before = rows(record)
    record.tell(evaluate(job))
    assert rows(record) == before
    assert record.standing.good == 1
    record.close()


def test_every_kind_of_outcome_is_kept_and_counted(journal: Path) -> None:
    kinds = [Kind.COMPLETE, Kind.PRUNED, Kind.OUT_OF_MEMORY, Kind.TIMED_OUT, Kind.CRASHED]
    record = open_record(journal)
    for kind in kinds:
        job = record.ask()
        assert job is not None
        record.tell(Outcome(job.number, kind, {"accuracy": 0.5}, 1.5, "why"))
        if kind == Kind.OUT_OF_MEMORY:
            again = record.ask()
            assert again is not None
            record.tell(Outcome(job.number, kind, {}, 0.5, "why"))
    record.close()
    record = open_record(journal)
    assert record.standing.counts == dict.fromkeys([*kinds, Kind.LOST], 1) | {Kind.LOST: 0}
    assert record.standing.good == 2
    assert record.standing.seconds == pytest.approx(8)
    record.close()


def test_a_trial_that_kills_its_driver_again_and_again_is_given_up(journal: Path) -> None:
    jobs: list[Job | None] = []
    for _ in range(FAILURES + 1):
        record = open_record(journal)
        jobs.append(record.ask())
        record.close()
    assert [job.number for job in jobs if job] == [0] * FAILURES + [1]
    record = open_record(journal)
    assert record.standing.counts[Kind.LOST] == FAILURES
    record.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seed": 2}, "its trials were made with seed = 1, not 2"),
        ({"space": "other"}, 'its trials were made with space = "toy", not "other"'),
        ({"epochs": 9}, "its trials were made with epochs = null, not 9"),
        ({"part": {"a": 1, "b": 2}}, r"its trials were made with part = \{.*\}, not \{.*\}"),
    ],
)
def test_other_settings_are_refused_at_a_resume(
    change: dict[str, object], says: str, journal: Path
) -> None:
    settings = {"part": {"a": 1}}
    open_record(journal, seed=1, settings=settings).close()
    with pytest.raises(RunError, match=says):
        open_record(journal, seed=1, settings={**settings, **change})
    # what is new and not given was not known to an older run
    newer = {"part": {"a": 1, "b": None}, "fresh": False}
    open_record(journal, seed=1, settings=newer).close()


def test_several_objectives_keep_a_front(journal: Path) -> None:
    objective = Objective(("accuracy", "macs"))
    record = open_record(journal, objective=objective)
    drive(record, 30)
    values = [trial.values for trial in record._study.best_trials]
    assert {each.values for each in record.standing.front} == {tuple(each) for each in values}
    incumbent = record.standing.incumbent
    assert incumbent is not None
    assert incumbent.values[0] == max(value[0] for value in values)
    front = record.standing.front
    record.close()
    record = open_record(journal, objective=objective)
    assert record.standing.front == front
    record.close()


def test_a_spent_space_stays_spent_and_a_streak_goes_on_at_a_resume(journal: Path) -> None:
    whole = open_record(journal.with_name("whole.log"), space=Toy(depth=2, width=2))
    drive(whole, 99)
    for _ in range(30):
        record = open_record(journal, space=Toy(depth=2, width=2))
        job = record.ask()
        record.close() if job is None or job.attempt == 1 else record.tell(evaluate(job))
        record.close()
    record = open_record(journal, space=Toy(depth=2, width=2))
    assert record.ask() is None
    assert rows(record) == rows(whole)
    assert record.standing.ended == whole.standing.ended
    record.close()
    whole.close()


def test_what_a_sampler_believes_is_a_trial_of_the_run(journal: Path) -> None:
    record = open_record(journal, sampler="predictor")
    drive(record, 4)
    assert record.believed() == ()  # nothing is predicted yet
    drive(record, 20)
    (believed,), front = record.believed(), record.standing.front
    assert record.standing.incumbent is not None
    assert believed.values[0] >= sorted(each.values[0] for each in front)[0]
    record.close()
    record = open_record(journal, sampler="random")
    assert record.believed() == ()
    record.close()


def test_of_several_objectives_a_front_is_believed(journal: Path) -> None:
    record = open_record(journal, sampler="predictor", objective=Objective(("accuracy", "macs")))
    drive(record, 30)
    believed = record.believed()
    assert len(believed) > 1
    trials = record._study.get_trials(deepcopy=False)
    macs = [each.values[1] for each in believed]
    assert macs == sorted(macs, reverse=True)  # the most accurate first; the counted cost is exact
    smallest = min(trial.values[1] for trial in trials if trial.values)
    assert macs[-1] == smallest  # no prediction makes the cheapest one dominated
    record.close()


def test_out_of_memory_is_tried_once_more_in_smaller_parts(journal: Path) -> None:
    record = open_record(journal)
    first = record.ask()
    assert first is not None
    told = record.tell(Outcome(0, Kind.OUT_OF_MEMORY, seconds=2.0, reason="CUDA\nframes"))
    assert told.reason == "CUDA; tried again with its batch in 2 parts"
    assert record.standing.retried == 1
    assert record.standing.counts[Kind.OUT_OF_MEMORY] == 0
    again = record.ask()
    assert again == replace(first, attempt=2, accumulate=2)
    record.close()
    record = open_record(journal)  # killed meanwhile: still the second half-way, and its last
    lost = record.ask()
    assert lost == replace(first, attempt=3, accumulate=2)
    assert (record.standing.retried, record.standing.counts[Kind.LOST]) == (1, 1)
    record.tell(Outcome(0, Kind.OUT_OF_MEMORY, seconds=1.0, reason="CUDA"))
    assert record.standing.counts[Kind.OUT_OF_MEMORY] == 1
    assert record.standing.seconds == pytest.approx(3)
    following = record.ask()
    assert following is not None
    assert (following.number, following.accumulate) == (1, 1)
    record.close()


def test_what_fits_in_smaller_parts_is_complete_and_stays_so_at_each_rung(journal: Path) -> None:
    rungs = Rungs((1, 3), 2)
    record = open_record(journal, rungs=rungs)
    parts: dict[int, list[tuple[int, int]]] = {}
    while job := record.ask(begin=record.begun < 4):
        parts.setdefault(job.number, []).append((job.rung, job.accumulate))
        big = job.number % 2 == 0 and job.accumulate == 1
        record.tell(Outcome(job.number, Kind.OUT_OF_MEMORY) if big else evaluate(job))
    record.finish()
    assert record.standing.good == 4
    assert record.standing.counts[Kind.OUT_OF_MEMORY] == 0
    assert record.standing.retried == 2
    assert {*map(tuple, parts.values())} <= {
        ((0, 1), (0, 2)),
        ((0, 1), (0, 2), (1, 2)),
        ((0, 1),),
        ((0, 1), (1, 1)),
    }
    before = rows(record)
    record.close()
    record = open_record(journal, rungs=rungs)
    assert (record.standing.retried, record.standing.good) == (2, 4)
    assert rows(record) == before
    record.close()


def test_as_many_failures_as_were_set_end_the_search(journal: Path) -> None:
    record = open_record(journal, failures=3)
    for _ in range(3):
        job = record.ask()
        assert job is not None
        record.tell(Outcome(job.number, Kind.TIMED_OUT, reason="stopped after 9 s"))
    assert record.ask() is None
    assert record.standing.ended == "the last 3 trials all ended timed out: stopped after 9 s"
    record.close()
