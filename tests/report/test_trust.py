"""What a report says of a cheap evaluator, counted by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from nas.errors import RunError
from nas.report.trust import Trained, Trust


def trained(number: int, figure: float, accuracy: float, random: bool, seconds: float) -> Trained:
    return Trained(number, not random, random, figure, accuracy, accuracy, seconds)


def made(scoring: float = 2.0) -> Trust:
    """Three by score, 2 s each; four at random, 2 s each."""
    chosen = [(9, 0.9), (8, 0.7), (7, 0.8)]
    drawn = [(1, 0.1), (2, 0.3), (3, 0.2), (4, 0.6)]
    both = [
        trained(i, figure, accuracy, i > 2, 2.0)
        for i, (figure, accuracy) in enumerate([*chosen, *drawn])
    ]
    return Trust("naswot", "accuracy", scoring, tuple(both))


def test_equal_cost_is_counted_in_seconds() -> None:
    found = made()
    assert found.cost == 8
    assert found.baseline == 8
    assert found.equal == 4
    # of four draws out of 0.1 0.2 0.3 0.6: 1, 15, 65 and 175 of 256 times the best
    assert found.expected == pytest.approx((0.1 + 15 * 0.2 + 65 * 0.3 + 175 * 0.6) / 256)


def test_a_costly_search_is_not_compared_with_fewer_than_it_paid_for() -> None:
    found = made(scoring=6.0)
    assert found.equal == 6
    assert found.expected is None
    assert "equal cost would train 6" in found.lines()[2]


def test_the_first_training_with_its_imports_counts_as_the_others() -> None:
    found = made()
    slow = tuple(replace(each, seconds=20.0) if each.trial == 3 else each for each in found.trained)
    assert replace(found, trained=slow).equal == 4


def test_the_lines_say_what_was_found() -> None:
    lines = made().lines()
    # two of the 21 pairs are the other way round: 8 and 7, 2 and 3
    assert lines[0] == (
        "trust: naswot ranks candidates as training does, so far: Kendall tau +0.81 "
        "(95 % interval +0.36 to +0.95, 7 candidates); fewer than 10 say little"
    )
    assert lines[1] == "by naswot: best 90.00%, 3 trained in 8.0s, 2.0s of it scoring"
    assert lines[2].startswith("by random search: best 60.00%, 4 trained in 8.0s; 49.8")


def test_a_ranking_the_wrong_way_round_is_said() -> None:
    pairs = tuple(trained(i, -i, i / 20, i % 2 > 0, 1.0) for i in range(12))
    line = Trust("snip", "accuracy", 1.0, pairs).lines()[0]
    assert line.startswith("trust: snip ranks candidates the wrong way round: Kendall tau -1.00")


def test_too_few_say_nothing() -> None:
    few = Trust("zen", "accuracy", 1.0, made().trained[:3])
    assert few.lines() == [
        "trust: unknown, as only 3 candidates were trained, but 5 are needed; give more --time"
    ]


def test_it_is_kept_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "trust.json"
    assert Trust.load(path) is None
    made().save(path)
    assert Trust.load(path) == made()
    path.write_text("{")
    with pytest.raises(RunError, match=r"trust.json: can't be read"):
        Trust.load(path)
