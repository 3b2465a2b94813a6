"""What a search of coefficients says: means, intervals and differences against numbers by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from nas.report.coefficients import Findings, Mean, Tried, lines, percent, triangle
from nas.report.figures import svg
from nas.report.figures.coefficients import coefficients
from nas.report.response import Response

ROWS = {  # alpha, beta, gamma: the accuracy with each of three seeds
    (2.0, 1.0, 1.0): (0.80, 0.82, 0.84),
    (1.0, 1.4, 1.0): (0.81, 0.84, 0.84),
    (1.0, 1.0, 1.4): (0.70, 0.71, 0.75),
}


def tried(trial: int, at: tuple[float, float, float], accuracies: tuple[float, ...]) -> Tried:
    alpha, beta, gamma = at
    nominal = alpha * beta**2 * gamma**2
    return Tried(
        *(trial, alpha, beta, gamma, nominal, nominal, 1000 + trial, 100, (8, 8), accuracies),
        *("complete", "image(1, 8, 8)"),
    )


def findings(rows: dict[tuple[float, float, float], tuple[float, ...]], seeds: int = 3) -> Findings:
    candidates = tuple(tried(i, at, values) for i, (at, values) in enumerate(rows.items(), 1))
    base = tried(0, (1.0, 1.0, 1.0), (0.6,) * seeds)
    how = ("digits", "proxy", 1, 2.0, 0.1, 0.1, False, 8, "grid", seeds)
    return Findings(*how, "image(1, 8, 8)", (), base, candidates)


def test_a_mean_and_its_interval_by_hand() -> None:
    found = Mean.of((0.80, 0.82, 0.84))
    assert found.value == pytest.approx(0.82)
    assert found.half == pytest.approx(4.302_653 * 0.02 / math.sqrt(3), rel=1e-6)  # t, 2 degrees
    assert percent(found) == "82.00 % +- 4.97"
    assert Mean.of([0.5]).half is None
    assert percent(Mean.of([0.5])) == "50.00 %"


def test_the_winner_and_what_is_level_with_it_by_hand() -> None:
    found = findings(ROWS)
    winner = found.winner
    assert winner is not None
    assert (winner.trial, winner.beta) == (2, 1.4)
    # The rows' means are .82, .83, .72, the columns' .77, .79, .81, all .79: what is left is
    # 0, 0, 0 / 0, 1, -1 / 0, -1, 1 hundredths, 4e-4 in squares over 2 * 2 degrees of freedom
    assert found.noise == (pytest.approx(0.01), 4)
    ahead = found.ahead(found.complete[1])
    assert ahead.value == pytest.approx(0.01)
    assert ahead.half == pytest.approx(2.776_445 * 0.01 * math.sqrt(2 / 3), rel=1e-6)
    assert [each.trial for each in found.level] == [1]
    told = "\n".join(lines(found, Path("run")))
    assert "best: alpha 1, beta 1.4, gamma 1 (trial 2): 83.00 % +- 4.30 over 3 seeds" in told
    assert "1 of 2 other candidates can't be told apart" in told
    assert "the base itself: 60.00 %" in told
    assert "nas scale run/base.nas --alpha 1 --beta 1.4 --gamma 1 --phi 3" in told


def test_the_noise_is_the_residual_of_a_two_way_analysis_of_variance() -> None:
    rows = np.array(list(ROWS.values()))
    rest = rows - rows.mean(1, keepdims=True) - rows.mean(0) + rows.mean()
    deviation, _ = findings(ROWS).noise or (0.0, 0)
    assert deviation == pytest.approx(math.sqrt((rest**2).sum() / 4))


def test_with_two_candidates_it_is_the_paired_t_test() -> None:
    two = dict(list(ROWS.items())[:2])
    found = findings(two)
    difference = found.ahead(found.complete[1])
    own, theirs = ROWS[1.0, 1.4, 1.0], ROWS[2.0, 1.0, 1.0]
    expected = stats.ttest_rel(own, theirs).confidence_interval(0.95)
    assert (difference.low, difference.high) == pytest.approx((expected.low, expected.high))


def test_one_seed_tells_nothing_apart() -> None:
    found = findings({at: values[:1] for at, values in ROWS.items()}, seeds=1)
    assert found.noise is None
    assert len(found.level) == 2
    assert "one seed says nothing of chance" in "\n".join(lines(found, Path("run")))


def test_a_candidate_without_all_seeds_is_shown_and_cannot_win() -> None:
    found = findings({**ROWS, (1.4, 1.2, 1.0): (0.99, 0.99)})
    assert found.winner is not None
    assert found.winner.trial == 2
    assert [each.trial for each in found.complete] == [2, 1, 3]
    assert len(found.as_json()["candidates"]) == 4


def test_json_holds_the_figures_and_is_json() -> None:
    held = json.loads(json.dumps(findings(ROWS).as_json()))
    assert held["winner"]["runner_up"]["trial"] == 1
    assert held["winner"]["runner_up"]["told_apart"] is False
    assert held["winner"]["level_with"] == [1]
    assert held["reference"]["accuracy"]["value"] == pytest.approx(0.6)
    assert [each["nominal"] for each in held["candidates"]] == pytest.approx([2.0, 1.96, 1.96])


def test_unequal_costs_are_told() -> None:
    rows = list(ROWS.items())
    even = findings(ROWS)
    assert "--exact" not in "\n".join(lines(even, Path("run")))
    uneven = findings({**dict(rows), (4.0, 1.0, 1.0): (0.9, 0.9, 0.9)})
    told = "\n".join(lines(uneven, Path("run")))
    assert "candidates cost from 1.96 to 4.00 times the base" in told


def test_the_triangle_has_each_direction_in_its_corner() -> None:
    drawn = triangle(findings(ROWS)).splitlines()
    assert drawn[0].strip() == "depth only"
    assert drawn[1].strip() == "8"  # 82 % from 72 to 83 %: 0 to 9
    assert drawn[-2].startswith("*")
    assert drawn[-2].endswith("0")
    assert drawn[-1].split() == ["width", "only", "resolution", "only"]


def test_a_surface_gives_back_a_quadratic_and_its_top() -> None:
    rng = np.random.default_rng(0)
    shares = [tuple(map(float, rng.dirichlet((1, 1, 1))[:2])) for _ in range(12)]

    def height(depth: float, width: float) -> float:
        return 0.9 - (depth - 0.3) ** 2 - 2 * (width - 0.4) ** 2

    found = Response.fit(shares, [height(*each) for each in shares])
    assert found is not None
    assert found.explained == pytest.approx(1)
    assert found.residual == pytest.approx(0, abs=1e-9)
    for each in ((0.3, 0.4), (1.0, 0.0), (0.0, 0.0)):
        assert found(each) == pytest.approx(height(*each))


def test_a_surfaces_interval_is_that_of_ordinary_least_squares() -> None:
    rng = np.random.default_rng(1)
    shares = [tuple(map(float, rng.dirichlet((1, 1, 1))[:2])) for _ in range(15)]
    values = rng.normal(0.8, 0.1, 15)
    found = Response.fit(shares, list(values))
    assert found is not None
    # the usual quadratic in two variables spans the same functions
    design = np.array([[1, p, q, p * p, p * q, q * q] for p, q in shares])
    terms, squares, *_ = np.linalg.lstsq(design, values, rcond=None)
    at = np.array([1, 0.2, 0.5, 0.04, 0.1, 0.25])
    error = math.sqrt(squares[0] / 9 * at @ np.linalg.inv(design.T @ design) @ at)
    height, half = found.interval((0.2, 0.5))
    assert height == pytest.approx(at @ terms)
    assert half == pytest.approx(stats.t.ppf(0.975, 9) * error)
    assert Response.fit(shares[:7], list(values[:7])) is None
    assert Response.fit([(x / 9, 0.0) for x in range(10)], list(values[:10])) is None


def test_the_picture_has_every_candidate_and_says_where_there_is_none() -> None:
    figure = coefficients(findings(ROWS))
    assert figure.drawn
    assert [row.trial for row in figure.tables[0].rows] == [3, 1, 2]  # the best on top
    corners = {(round(row.x, 6), round(row.y, 6)) for row in figure.tables[0].rows}
    assert corners == {(0.0, 0.0), (0.5, round(math.sqrt(3) / 2, 6)), (1.0, 0.0)}
    assert "resolution only" in svg(figure)
    assert not coefficients(findings({})).drawn
