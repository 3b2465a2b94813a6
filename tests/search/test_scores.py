"""Zero-cost scores as features: worked out once, for a shortlist, and kept in the record."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
from toy_search import Toy, drive, rows, toy_card

from nas.errors import DivergenceError
from nas.search.candidates import Candidates
from nas.search.objective import Objective
from nas.search.record import Record
from nas.search.samplers import make
from nas.search.samplers.predictor import FIRST, SHORT
from nas.search.scores import Scores
from nas.trial import Kind, Outcome


def test_a_score_is_worked_out_once_and_a_failure_is_nan() -> None:
    asked: Counter[str] = Counter()

    def good(genotype: str) -> float:
        asked[genotype] += 1
        return len(genotype) / 3

    def bad(genotype: str) -> float:
        raise DivergenceError("nothing flows")

    scores = Scores({"good": good, "bad": bad, "endless": lambda _: math.inf})
    assert scores.of("abcd")[0] == 1.33333  # six digits
    assert all(math.isnan(value) for value in scores.of("abcd")[1:])
    assert scores.stored("abcd") == {"good": 1.33333, "bad": None, "endless": None}
    assert asked == {"abcd": 1}
    scores.recall("xy", {"good": 7.0, "bad": None, "endless": None})
    assert scores.of("xy")[0] == 7.0
    scores.recall("z", {"good": 1.0})  # of a run that knew fewer: worked out whole
    assert scores.of("z")[0] == 0.333333
    assert "xy" not in asked


def opened(path: Path, asked: Counter[str], broken: bool = False) -> Record:
    """A search whose proxy tells the truth, or fails always."""

    def total(genotype: str) -> float:
        asked[genotype] += 1
        if broken:
            raise MemoryError
        return sum(map(int, genotype.split(",")))

    candidates = Candidates(Toy(depth=8), None, toy_card, scores=Scores({"total": total}))
    sampler = make("predictor", candidates, 0)
    return Record(path, sampler, Objective(("accuracy",)), {"space": "toy"})


def test_a_shortlist_is_scored_and_trials_keep_their_scores(tmp_path: Path) -> None:
    asked: Counter[str] = Counter()
    record = opened(tmp_path / "journal.log", asked)
    drive(record, FIRST)
    assert len(asked) == FIRST
    drive(record, FIRST + 6)
    assert len(asked) <= FIRST + 6 * SHORT
    assert set(asked.values()) == {1}
    for trial in record._study.get_trials(deepcopy=False):
        if "outcome" in trial.user_attrs and trial.values:
            assert trial.user_attrs["scores"] == {"total": sum(trial.params.values())}
    record.close()


def test_interrupted_and_resumed_gives_the_same_trials_and_asks_for_no_trial_s_score_again(
    tmp_path: Path,
) -> None:
    whole = opened(tmp_path / "whole.log", Counter())
    drive(whole, 20)
    record = opened(tmp_path / "journal.log", Counter())
    drive(record, 13)
    assert record.ask() is not None
    known = {trial.user_attrs["genotype"] for trial in record._study.get_trials(deepcopy=False)}
    record.close()
    asked: Counter[str] = Counter()
    record = opened(tmp_path / "journal.log", asked)
    drive(record, 20)
    assert rows(record) == rows(whole)
    assert not known & set(asked)
    record.close()
    whole.close()


def test_a_proxy_that_always_fails_leaves_the_search_as_it_is(tmp_path: Path) -> None:
    record = opened(tmp_path / "journal.log", Counter(), broken=True)
    drive(record, 16)
    assert record.standing.good == 16
    assert record._study.get_trials()[0].user_attrs["scores"] == {"total": None}
    assert len(record.believed()) == 1
    record.close()


def test_the_predictor_learns_from_a_score_that_decisions_do_not_tell(tmp_path: Path) -> None:
    """Accuracy is a function of the score alone, which is a hash of the decisions."""

    def luck(genotype: str) -> float:
        return float(np.random.default_rng(list(map(int, genotype.split(",")))).random())

    found = {}
    for known in (True, False):
        means = []
        for seed in range(3):
            scores = Scores({"luck": luck}) if known else None
            candidates = Candidates(Toy(depth=8), None, toy_card, scores=scores)
            record = Record(
                tmp_path / f"{known}{seed}",
                make("predictor", candidates, seed),
                Objective(("accuracy",)),
                {"space": "toy"},
            )
            values = []
            while job := record.ask(begin=record.begun < 40):
                values.append(luck(job.genotype))
                outcome = Outcome(job.number, Kind.COMPLETE, {"accuracy": values[-1]})
                record.tell(outcome)
            record.close()
            means.append(np.mean(values[20:]))
        found[known] = float(np.mean(means))
    assert found[True] > found[False] + 0.1
