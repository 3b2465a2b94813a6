"""Rungs: who is promoted, what a resumed search with rungs is, and what samplers see of it."""

import random
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from optuna.trial import TrialState
from toy_search import drive, evaluate, open_record, rows

from nas.errors import UsageError
from nas.search.objective import Objective
from nas.search.ranking import Ranking
from nas.search.record import Record
from nas.search.rungs import Climb, Climbs, Rungs, learned, promote
from nas.trial import Job, Kind, Outcome

RUNGS = Rungs((1, 3, 9))
SEVERAL = Objective(("accuracy", "macs"))
GAINS = some.integers(1, 3).flatmap(
    lambda wide: some.lists(
        some.tuples(*[some.integers(-4, 4).map(float)] * wide), min_size=1, max_size=14
    )
)


def fronts(gains: list[tuple[float, ...]]) -> list[int]:
    """The front of each, by the definition: what is left undominated, again and again."""

    def beats(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
        return all(x >= y for x, y in zip(a, b, strict=True)) and any(
            x > y for x, y in zip(a, b, strict=True)
        )

    left, found = set(range(len(gains))), [0] * len(gains)
    for number in count():
        front = {i for i in left if not any(beats(gains[j], gains[i]) for j in left)}
        for i in front:
            found[i] = number
        left -= front
        if not left:
            return found
    raise AssertionError


def crowding(gains: list[tuple[float, ...]], i: int, front: list[int]) -> float:
    """Deb's distance of `i` in its front: of each gain the neighbours' distance, over the range."""
    total = 0.0
    for axis in range(len(gains[0])):
        order = sorted(front, key=lambda j: (gains[j][axis], j))
        at, width = order.index(i), gains[order[-1]][axis] - gains[order[0]][axis]
        if at in (0, len(order) - 1):
            return float("inf")
        if width:
            total += (gains[order[at + 1]][axis] - gains[order[at - 1]][axis]) / width
    return total


@given(GAINS, some.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_the_ranking_is_the_definition(gains: list[tuple[float, ...]], rng: random.Random) -> None:
    if len(gains[0]) == 1:
        right = sorted(range(len(gains)), key=lambda i: (-gains[i][0], i))
    else:
        level = fronts(gains)
        same = [[j for j in range(len(gains)) if level[j] == each] for each in level]
        alone = [round(crowding(gains, i, same[i]), 9) for i in range(len(gains))]
        right = sorted(range(len(gains)), key=lambda i: (level[i], -alone[i], i))
    assert list(Ranking(dict(enumerate(gains)))) == right
    came = list(enumerate(gains))  # one by one, in any order, and now and then asked
    rng.shuffle(came)
    ranking = Ranking()
    for number, each in came:
        ranking.add(number, each)
        if rng.random() < 0.7:
            ranking.best({number}, len(ranking))
    assert list(ranking) == right
    assert len(ranking) == len(right)
    among = {number for number in right if rng.random() < 0.3}
    for first in range(len(right) + 1):
        best = next((number for number in right[:first] if number in among), None)
        assert ranking.best(among, first) == best


CLIMBS = some.lists(
    some.tuples(some.lists(some.integers(0, 5).map(float), max_size=3), some.booleans()),
    max_size=20,
)


@given(CLIMBS, some.integers(2, 4), some.booleans(), some.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_a_promotion_is_the_definition_whatever_the_order(
    drawn: list[tuple[list[float], bool]], eta: int, closing: bool, rng: random.Random
) -> None:
    climbs = {}
    for number, (gains, flag) in enumerate(drawn):
        far = len(gains) - 1
        sent = min(2, max(0, far + rng.randint(0, 1)))
        climbs[number] = Climb(tuple((g,) for g in gains), sent, flag)
    right = None
    for rung in (1, 0):
        here = {n: c.gains[rung][0] for n, c in climbs.items() if len(c.gains) > rung}
        free = {n for n in here if not climbs[n].ended and climbs[n].sent == rung}

        def better(n: int, here: dict[int, float] = here) -> int:
            return sum((here[m], -m) > (here[n], -n) for m in here)

        chosen = [n for n in free if better(n) < len(here) // eta]
        if not chosen and closing and all(len(c.gains) <= rung + 1 for c in climbs.values()):
            chosen = [*free]
        if chosen:
            right = min(chosen, key=better)
            break
    shuffled = list(climbs.items())
    rng.shuffle(shuffled)
    whole = Climbs(dict(shuffled))
    assert promote(whole, Rungs((1, 3, 9), eta), closing=closing) == right
    grown, halving = Climbs(), Rungs((1, 3, 9), eta)
    for far in range(4):  # rung by rung, asked in between
        for number, climb in shuffled:
            if far <= len(climb.gains):
                short = far < len(climb.gains)
                grown[number] = Climb(climb.gains[:far], max(0, far - 1)) if short else climb
            if rng.random() < 0.2:
                promote(grown, halving)
    assert promote(grown, halving, closing=closing) == right
    assert dict(grown) == dict(whole) == climbs


def test_without_rungs_nobody_is_promoted() -> None:
    assert promote(Climbs({0: Climb(((1.0,),))}), Rungs(), closing=True) is None


def test_a_search_halves_and_ends_with_its_number_of_trials(journal: Path) -> None:
    record = open_record(journal, rungs=RUNGS)
    seen: list[Job] = []
    while job := record.ask(begin=record.begun < 27):
        seen.append(job)
        record.tell(evaluate(job))
    record.finish()
    counts = record.standing.counts
    assert (counts[Kind.COMPLETE], counts[Kind.PRUNED]) == (3, 24)
    assert [sum(job.rung == rung for job in seen) for rung in range(3)] == [27, 9, 3]
    assert {(job.rung, job.epochs, job.total) for job in seen} == {(0, 1, 9), (1, 3, 9), (2, 9, 9)}
    # asynchronous: a trial goes on as soon as it is among the best third
    assert [job.rung for job in seen[:4]] == [0, 0, 0, 1]
    # the trials that ended complete are each the best third of those they were compared with
    first = {job.number: evaluate(job).figures["accuracy"] for job in seen if job.rung == 0}
    tops = {job.number for job in seen if job.rung == 2}
    assert max(first, key=first.__getitem__) in tops
    incumbent = record.standing.incumbent
    assert incumbent is not None
    assert incumbent.number in tops
    states = [trial.state for trial in record._study.get_trials(deepcopy=False)]
    assert set(states) == {TrialState.COMPLETE, TrialState.PRUNED}
    record.close()


@pytest.mark.parametrize("trials", [1, 2, 4])
def test_of_few_trials_one_is_trained_whole(trials: int, journal: Path) -> None:
    record = open_record(journal, rungs=RUNGS)
    drive(record, trials)
    record.finish()
    assert record.standing.counts[Kind.COMPLETE] == 1
    assert record.standing.good == trials
    record.close()


def _interrupted(journal: Path, rng: random.Random, **how: object) -> Record:
    """Drive in short sittings, each ended between any two steps, also with a job in flight."""
    while True:
        record = open_record(journal, rungs=RUNGS, **how)  # type: ignore[arg-type]
        for _ in range(rng.randint(1, 7)):
            job = record.ask(begin=record.begun < 20)
            if job is None:
                record.finish()
                return record
            if rng.random() < 0.2:
                break
            record.tell(evaluate(job))
        record.close()


@pytest.mark.parametrize(
    ("sampler", "objective"),
    [("random", None), ("evolution", SEVERAL), ("predictor", None), ("predictor", SEVERAL)],
)
def test_interrupted_and_resumed_is_uninterrupted(
    sampler: str, objective: Objective | None, journal: Path
) -> None:
    whole = open_record(
        journal.with_name("whole.log"), rungs=RUNGS, sampler=sampler, objective=objective
    )
    drive(whole, 20)
    whole.finish()
    again = _interrupted(journal, random.Random(3), sampler=sampler, objective=objective)
    assert rows(again) == rows(whole)
    assert again.standing.front == whole.standing.front
    assert again.standing.incumbent == whole.standing.incumbent
    assert again.standing.results == whole.standing.results
    assert again.standing.seconds == pytest.approx(whole.standing.seconds)
    del again.standing.counts[Kind.LOST]
    assert again.standing.counts == +whole.standing.counts
    again.close()
    whole.close()


def test_waiting_trials_are_neither_lost_nor_asked_again(journal: Path) -> None:
    record = open_record(journal, rungs=RUNGS)
    for _ in range(2):
        job = record.ask()
        assert job is not None
        record.tell(evaluate(job))
    record.close()
    record = open_record(journal, rungs=RUNGS)
    assert (record.waiting, record.running, record.begun) == ((0, 1), (), 2)
    assert record.standing.counts[Kind.LOST] == 0
    job = record.ask()
    assert job is not None
    assert (job.number, job.attempt) == (2, 1)
    record.close()


def test_what_is_in_flight_at_a_rung_goes_on_there(journal: Path) -> None:
    record = open_record(journal, rungs=RUNGS)
    jobs = []
    for _ in range(4):
        job = record.ask()
        assert job is not None
        jobs.append(job)
        if job.rung == 0:
            record.tell(evaluate(job))
    record.close()
    record = open_record(journal, rungs=RUNGS)
    again = record.ask()
    assert again is not None
    assert (again.number, again.rung, again.epochs) == (jobs[3].number, 1, 3)
    assert (again.seed, again.attempt) == (jobs[3].seed, 2)
    assert record.standing.counts[Kind.LOST] == 1
    record.close()


def test_a_failure_at_a_rung_is_final_and_its_result_still_counts(journal: Path) -> None:
    record = open_record(journal, rungs=RUNGS)
    while (job := record.ask()) is not None and job.rung == 0:
        record.tell(evaluate(job))
    assert job is not None
    record.tell(Outcome(job.number, Kind.CRASHED, reason="why"))
    record.close()
    record = open_record(journal, rungs=RUNGS)
    assert record.standing.counts[Kind.CRASHED] == 1
    assert job.number not in record.waiting
    following = record.ask()
    assert following is not None
    assert following.rung == 0  # a third of three has gone on already
    record.close()


def test_several_workers_end_with_the_same_numbers(journal: Path) -> None:
    record, rng = open_record(journal, rungs=RUNGS, objective=SEVERAL), random.Random(1)
    held: list[Job] = []
    while True:
        while len(held) < 4 and (job := record.ask(begin=record.begun < 27)):
            held.append(job)
        if not held:
            break
        record.tell(evaluate(held.pop(rng.randrange(len(held)))))
    record.finish()
    assert record.standing.good == 27
    assert record.standing.counts[Kind.COMPLETE] >= 3
    assert all(each.rung == 2 for each in record.standing.front)
    record.close()


def test_a_sampler_learns_from_the_highest_rung_with_enough_results(journal: Path) -> None:
    record = open_record(journal, rungs=RUNGS)
    study = record._study
    assert learned(study) == []
    drive(record, 9)
    held = [trial.user_attrs for trial in study.get_trials(deepcopy=False)]
    at = [[n for n, each in enumerate(held) if f"rung.{r}" in each] for r in range(3)]
    assert (len(at[2]), len(at[0])) == (1, 9)
    assert 3 <= len(at[1]) <= 5  # one in three, and those overtaken since
    for least, rung in ((1, 2), (2, 1), (6, 0), (99, 0)):
        trials = learned(study, least)
        assert [trial.number for trial in trials] == at[rung]
        assert {trial.state for trial in trials} == {TrialState.COMPLETE}
        assert all(trial.values == held[trial.number][f"rung.{rung}"]["values"] for trial in trials)
    record.close()


def test_optuna_knows_the_results_as_intermediate_values(journal: Path) -> None:
    record = open_record(journal, rungs=RUNGS)
    drive(record, 9)
    record.finish()
    for trial in record._study.trials:
        assert trial.intermediate_values[1] == trial.user_attrs["rung.0"]["values"][0]
        assert trial.value == trial.intermediate_values[max(trial.intermediate_values)]
    record.close()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Rungs((3, 1)), "--rungs 3,1: the epochs must increase"),
        (lambda: Rungs((0, 1)), "--rungs 0,1: the epochs must increase"),
        (lambda: Rungs((9,)), "at least two of them, such as 1,3,9"),
        (lambda: Rungs((1, 3), 1), "--eta 1: must be at least 2"),
    ],
)
def test_mistakes(make: Callable[[], Rungs], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        make()
