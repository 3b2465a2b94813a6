"""What a search of scaling coefficients found: every candidate's exact cost beside the nominal one,
its accuracy over the seeds, the winner, and how sure that is."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from nas.blocks.fields import DIVISOR
from nas.errors import RunError
from nas.quantity import spoken
from nas.report.response import Response

CONFIDENCE = 0.95
UNEQUAL = 0.25  # of the target: costs farther apart than that are told
MANY = 3  # coefficients of the same network that are written out
ROWS = 16  # of the triangle in text


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean and, from two values on, its 95 % interval by Student's t."""

    value: float
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, values: Sequence[float]) -> Mean:
        """That of these values, at least one."""
        middle = fmean(values)
        if len(values) < 2:
            return cls(middle)
        return cls.about(middle, stdev(values) / math.sqrt(len(values)), len(values) - 1)

    @classmethod
    def about(cls, middle: float, error: float, degrees: int) -> Mean:
        """One whose standard error was estimated with so many degrees of freedom."""
        from scipy.special import stdtrit

        half = float(stdtrit(degrees, 0.5 + CONFIDENCE / 2)) * error
        return cls(middle, middle - half, middle + half)

    @property
    def half(self) -> float | None:
        """Half of the interval's width."""
        return None if self.high is None else self.high - self.value


@dataclass(frozen=True, slots=True)
class Tried:
    """A candidate: its coefficients, what it costs and the accuracy with each seed, 0 to 1, in the
    seeds' order; `also` are further coefficients that give the same network by rounding.

    `nominal` is alpha * beta^2 * gamma^2, `factor` its exact MACs over the base's. `outcome` says
    how its trial ended, nothing while it hasn't.
    """

    trial: int
    alpha: float
    beta: float
    gamma: float
    nominal: float
    factor: float
    macs: int
    params: int
    image: tuple[int, ...]
    accuracies: tuple[float, ...]
    outcome: str
    genotype: str
    also: tuple[tuple[float, float, float], ...] = ()

    @property
    def mean(self) -> Mean:
        """The accuracy over the seeds."""
        return Mean.of(self.accuracies)

    @property
    def shares(self) -> tuple[float, float]:
        """Of the doublings of the nominal MACs, the share of depth and that of width."""
        logs = math.log(self.alpha), 2 * math.log(self.beta), 2 * math.log(self.gamma)
        return logs[0] / sum(logs), logs[1] / sum(logs)

    def __str__(self) -> str:
        return f"alpha {self.alpha:g}, beta {self.beta:g}, gamma {self.gamma:g}"


@dataclass(frozen=True)
class Findings:
    """All that was tried from a `base`, which was trained as `reference` with the same seeds."""

    data: str
    recipe: str
    epochs: int
    target: float
    tolerance: float
    step: float
    exact: bool
    divisor: int
    sampler: str
    seeds: int
    base: str  # its genotype's text
    idle: tuple[str, ...]  # directions in which it doesn't grow
    reference: Tried | None
    tried: tuple[Tried, ...]

    @cached_property
    def complete(self) -> tuple[Tried, ...]:
        """Those trained with every seed, the best first; of equals the cheaper."""
        known = [each for each in self.tried if len(each.accuracies) == self.seeds]
        return tuple(sorted(known, key=lambda each: (-each.mean.value, each.macs, each.trial)))

    @property
    def winner(self) -> Tried | None:
        """The best in the mean over the seeds."""
        return self.complete[0] if self.complete else None

    @cached_property
    def noise(self) -> tuple[float, int] | None:
        """The standard deviation of an accuracy about what its candidate and its seed make of it,
        and its degrees of freedom; None with one candidate or one seed.

        Every seed draws the images in one order for all candidates, so the seeds are the blocks of
        a randomized block design (Fisher 1935), and what all candidates have of them cancels.
        """
        rows = [each.accuracies for each in self.complete]
        if len(rows) < 2 or self.seeds < 2:
            return None
        whole = fmean([value for row in rows for value in row])
        own = [fmean(row) for row in rows]
        seed = [fmean(column) for column in zip(*rows, strict=True)]
        squares = sum(
            (value - own[i] - seed[k] + whole) ** 2
            for i, row in enumerate(rows)
            for k, value in enumerate(row)
        )
        degrees = (len(rows) - 1) * (self.seeds - 1)
        return math.sqrt(squares / degrees), degrees

    def ahead(self, other: Tried) -> Mean:
        """How much more accurate the winner is than another candidate."""
        assert self.winner is not None
        value = self.winner.mean.value - other.mean.value
        if self.noise is None:
            return Mean(value)
        deviation, degrees = self.noise
        return Mean.about(value, deviation * math.sqrt(2 / self.seeds), degrees)

    @property
    def level(self) -> tuple[Tried, ...]:
        """Those that can't be told apart from the winner: the interval of the difference holds
        0."""
        return tuple(each for each in self.complete[1:] if not _apart(self.ahead(each)))

    @cached_property
    def response(self) -> Response | None:
        """A smooth surface through the means; None where too few candidates say too little."""
        means = [each.mean.value for each in self.complete]
        return Response.fit([each.shares for each in self.complete], means)

    def as_json(self) -> dict[str, Any]:
        """Everything, as JSON values."""
        winner = self.winner
        found: dict[str, Any] = {
            "data": self.data,
            "recipe": self.recipe,
            "epochs": self.epochs,
            "target": self.target,
            "tolerance": self.tolerance,
            "step": self.step,
            "constraint": "exact MACs" if self.exact else "alpha * beta^2 * gamma^2",
            "divisor": self.divisor,
            "sampler": self.sampler,
            "seeds": self.seeds,
            "base": self.base,
            "idle": list(self.idle),
            "reference": _row(self.reference) if self.reference else None,
            "candidates": [_row(each) for each in self.tried],
            "winner": None,
        }
        if winner is not None:
            found["winner"] = {
                **_row(winner),
                "level_with": [each.trial for each in self.level],
                "runner_up": None,
            }
            if len(self.complete) > 1:
                second = self.complete[1]
                found["winner"]["runner_up"] = {
                    "trial": second.trial,
                    "difference": asdict(self.ahead(second)),
                    "told_apart": _apart(self.ahead(second)),
                }
            found["smooth"] = self._smooth()
        return found

    def _smooth(self) -> dict[str, Any] | None:
        response = self.response
        if response is None:
            return None
        best = max(self.complete, key=lambda each: response(each.shares))
        value, half = response.interval(best.shares)
        return {
            "model": "quadratic in the shares of depth and width",
            "r_squared": response.explained,
            "residual": response.residual,
            "best_trial": best.trial,
            "accuracy": {"value": value, "low": value - half, "high": value + half},
        }

    def save(self, path: Path) -> None:
        """Write it as JSON. Raises `RunError` where that can't be done."""
        new = path.with_name(f".{path.name}-new")
        try:
            new.write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")
            new.replace(path)
        except OSError as error:
            raise RunError(f"{path}: can't be written: {error.strerror}") from error


def _row(one: Tried) -> Mapping[str, Any]:
    held = asdict(one)
    if one.accuracies:
        held["accuracy"] = asdict(one.mean)
    return held


def _apart(difference: Mean) -> bool:
    return difference.low is not None and difference.low > 0


def show(findings: Findings, folder: Path) -> None:
    """Print the candidates, the best first, the picture and what follows, where `folder` is the
    run's."""
    from nas.report.table import console

    out = console()
    _table(findings)
    if findings.complete:
        out.print(triangle(findings), soft_wrap=True)
    for line in lines(findings, folder):
        out.print(line, soft_wrap=True)


def lines(findings: Findings, folder: Path) -> list[str]:
    """The winner with its uncertainty, and the command that applies it."""
    winner, reference = findings.winner, findings.reference
    if winner is None:
        return []
    told = [
        f"best: {winner} (trial {winner.trial}): {percent(winner.mean)} over "
        f"{_count(findings.seeds, 'seed')}, {winner.factor:.3f} times the base's MACs"
    ]
    if reference is not None and len(reference.accuracies) == findings.seeds:
        told.append(f"the base itself: {percent(reference.mean)}")
    missing = len(findings.tried) - len(findings.complete)
    if missing:
        told.append(f"{_count(missing, 'candidate')} without every seed can't be best yet")
    told += _certainty(findings)
    costs = [each.factor for each in findings.complete]
    if max(costs) - min(costs) > UNEQUAL * findings.target:
        told.append(
            f"by rounding, candidates cost from {min(costs):.2f} to {max(costs):.2f} times the "
            "base, so some are better as they are larger; --exact compares equal costs"
        )
    response = findings.response
    if response is not None:
        best = max(findings.complete, key=lambda each: response(each.shares))
        height, half = response.interval(best.shares)
        told.append(
            f"a smooth surface through all {len(findings.complete)} (R^2 "
            f"{response.explained:.2f}) is highest at {best} (trial {best.trial}): "
            f"{height:.2%} +- {half:.2%}"
        )
    divisor = "" if findings.divisor == DIVISOR else f" --divisor {findings.divisor}"
    told.append(
        f"apply it: nas scale {folder}/base.nas --alpha {winner.alpha:g} --beta {winner.beta:g} "
        f"--gamma {winner.gamma:g}{divisor} --phi 3"
    )
    return told


def _certainty(findings: Findings) -> list[str]:
    """Whether the winner can be told apart from the others."""
    others = findings.complete[1:]
    if not others:
        return []
    second = others[0]
    if findings.seeds < 2:
        return ["one seed says nothing of chance: give --seeds 3 or more to tell candidates apart"]
    difference = findings.ahead(second)
    ahead = f"{100 * difference.value:.2f} +- {100 * (difference.half or 0):.2f} points ahead"
    told = [f"{ahead} of the runner-up, {second} (trial {second.trial})"]
    level = findings.level
    if not level:
        told.append(f"all {len(others)} others are told apart from it at 95 %")
    else:
        told.append(
            f"{len(level)} of {_count(len(others), 'other candidate')} can't be told apart from it "
            f"by {findings.seeds} seeds; the best of many was lucky, too: more seeds or epochs "
            "would say more"
        )
    return told


def _table(findings: Findings) -> None:
    from nas.report.table import Column, show

    columns = (
        *(Column(name, number=True) for name in ("trial", "alpha", "beta", "gamma", "image")),
        *(Column(name, number=True) for name in ("parameters", "MACs", "nominal", "exact")),
        *(Column(name, number=True) for name in ("accuracy", "seeds")),
        Column("also", wraps=True),
    )
    others = [each for each in findings.tried if each not in findings.complete]
    listed = [*findings.complete, *others]
    if findings.reference is not None:
        listed.append(findings.reference)
    show(columns, [_cells(each, findings) for each in listed])


def _cells(one: Tried, findings: Findings) -> list[str]:
    also = ["/".join(f"{value:g}" for value in each) for each in one.also]
    more = [f"and {len(also) - MANY} more"] if len(also) > MANY else []
    done = len(one.accuracies)
    failed = one.outcome not in ("", "complete")
    return [
        str(one.trial),
        *(f"{value:g}" for value in (one.alpha, one.beta, one.gamma)),
        "x".join(map(str, one.image)),
        *(spoken(count) for count in (one.params, one.macs)),
        *(f"{value:.3f}" for value in (one.nominal, one.factor)),
        percent(one.mean) if done else "-",
        one.outcome if failed else str(done),
        "base" if one is findings.reference else ", ".join([*also[:MANY], *more]),
    ]


def percent(mean: Mean) -> str:
    """An accuracy with its interval: `93.10 % +- 0.42`."""
    about = "" if mean.half is None else f" +- {100 * mean.half:.2f}"
    return f"{100 * mean.value:.2f} %{about}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def triangle(findings: Findings) -> str:
    """The triangle of the picture in text: depth only at the top, width only on the left,
    resolution only on the right; a digit from 0 (worst) to 9 (best) for each candidate, `*` the
    winner."""
    rows = [[" "] * (2 * ROWS + 1) for _ in range(ROWS + 1)]
    for row in range(ROWS + 1):
        rows[row][ROWS - row] = rows[row][ROWS + row] = "."
    rows[ROWS] = [". "[place % 2] for place in range(2 * ROWS + 1)]
    values = [each.mean.value for each in findings.complete]
    span = max(values) - min(values) or 1.0
    for each in reversed(findings.complete):
        depth, width = each.shares
        row = round((1 - depth) * ROWS)
        place = round((1 - width - depth / 2) * 2 * ROWS)
        level = int(9 * (each.mean.value - min(values)) / span)
        rows[row][place] = "*" if each is findings.winner else str(level)
    middle = f"{'depth only':^{2 * ROWS + 1}}"
    foot = f"{'width only':<{ROWS}}{'resolution only':>{ROWS + 1}}"
    return "\n".join(line.rstrip() for line in (middle, *map("".join, rows), foot))
