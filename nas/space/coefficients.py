"""Coefficients: the networks that a base is scaled to by alpha, beta and gamma, as a search space.

Source: EfficientNet, arXiv:1905.11946, sections 3.3 and 4.1: with phi = 1, a grid search of alpha
(depth), beta (width) and gamma (resolution), each at least 1, where alpha * beta^2 * gamma^2 is
about 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import count, product
from typing import NamedTuple

import numpy as np

from nas.blocks.fields import DIVISOR
from nas.costs import figures
from nas.errors import GenotypeError, SpaceError, UsageError
from nas.genotype import Genotype
from nas.scaling import Factors, grown
from nas.scaling.scale import LARGEST_DIVISOR
from nas.space.decisions import Decision, Option
from nas.space.features import Vector, Way
from nas.space.space import Point

KEYS = ("alpha", "beta", "gamma")
MOST = 100_000  # points of a grid
LOOSE = 0.5  # of the target: how far nominal factors may be off where exact ones decide
DIGITS = 10  # of a coefficient: steps of 0.1 aren't exact in binary
EPSILON = 1e-9
LARGEST = 1_000.0  # target

Cell = tuple[int, int, int]  # steps from 1


class Coefficients(NamedTuple):
    """How much deeper, wider and larger a network becomes for each step of phi."""

    alpha: float
    beta: float
    gamma: float

    @classmethod
    def of(cls, point: Mapping[str, Option]) -> Coefficients:
        """Those of a point."""
        return cls(*(float(point[key]) for key in KEYS))

    @property
    def factors(self) -> Factors:
        """What that is at phi = 1."""
        return Factors(width=self.beta, depth=self.alpha, resolution=self.gamma)

    @property
    def shares(self) -> tuple[float, float, float]:
        """Of the doublings of the nominal MACs, the share of depth, of width and of resolution."""
        logs = math.log(self.alpha), 2 * math.log(self.beta), 2 * math.log(self.gamma)
        total = sum(logs) or 1.0
        return logs[0] / total, logs[1] / total, logs[2] / total

    def __str__(self) -> str:
        return f"alpha {self.alpha:g}, beta {self.beta:g}, gamma {self.gamma:g}"


BASE = Coefficients(1.0, 1.0, 1.0)


class ScaledBase:
    """A base scaled by all coefficients on a grid of `step` whose factor is within `tolerance` of
    `target`; as the space's `origin`, which is compared with and no candidate, the base itself.

    The factor is the nominal one, alpha * beta^2 * gamma^2, or, if `exact`, that of the counted
    MACs. Scaled channels are multiples of `divisor`; a classifier's dropout is that of the target,
    so that candidates differ in their sizes alone. Raises `UsageError` for a target, a grid that
    leaves nothing or a divisor that can't be, `SpaceError` for a base that can't grow.
    """

    def __init__(
        self,
        base: Genotype,
        target: float,
        tolerance: float,
        step: float,
        exact: bool = False,
        divisor: int = DIVISOR,
    ) -> None:
        _check(target, tolerance, step, divisor)
        self.base = base
        self.target, self.tolerance, self.exact = target, tolerance, exact
        self.step, self.divisor = step, divisor
        self.macs = _counted(base)
        self.idle = idle(base, divisor)
        if {"width", "depth"} <= set(self.idle):
            raise SpaceError(
                "the base can't be wider or deeper, as a classifier's classes stay and no block is "
                "repeated; give one with blocks, such as conv(16, 3) * 2"
            )
        within = (target - tolerance, target + tolerance)
        if exact:
            within = (max(1.0, target * (1 - LOOSE)), target * (1 + LOOSE))
        cells = [cell for cell in _cells(*within, step) if any(cell)]
        if not cells:
            raise UsageError(
                f"no alpha, beta and gamma on a grid of {step:g} give {within[0]:g} to "
                f"{within[1]:g} times the MACs; lower the step of the grid or raise the tolerance"
            )
        by_distance = sorted(cells, key=lambda cell: (self._distance(cell), cell))
        self._cells = {cell: place for place, cell in enumerate(by_distance)}
        self._held = list(self._cells)
        self._logs = np.log([self.coefficients(cell) for cell in self._held])
        self.decisions = tuple(
            Decision(key, tuple(sorted({1.0, *(self._value(cell[axis]) for cell in cells)})))
            for axis, key in enumerate(KEYS)
        )
        self.origin: Point = dict(zip(KEYS, BASE, strict=True))

    @property
    def size(self) -> int:
        """The number of points; the base isn't counted."""
        return len(self._held)

    def coefficients(self, cell: Cell) -> Coefficients:
        """Those so many steps above 1."""
        return Coefficients(*map(self._value, cell))

    def points(self) -> Iterator[Point]:
        """The base, then every point, those first whose nominal factor is nearest to the target."""
        yield self.origin
        yield from map(self._point, self._held)

    def sample(self, rng: np.random.Generator) -> Point:
        """A point, each as likely as any other."""
        return self._point(self._held[int(rng.integers(len(self._held)))])

    def uniform(self, rng: np.random.Generator) -> Point:
        """As `sample`."""
        return self.sample(rng)

    def resolve(self, point: Mapping[str, Option]) -> Genotype:
        """The scaled network; GenotypeError where it can't be built, or its exact factor, if that
        decides, is too far from the target."""
        coefficients = Coefficients.of(point)
        if coefficients == BASE:
            return self.base
        network = grown(self.base, coefficients.factors, self.divisor, self.target)
        if self.exact:
            factor = figures(network).macs / self.macs
            if abs(factor - self.target) > self.tolerance + EPSILON:
                raise GenotypeError(
                    f"{coefficients}: {factor:.3f} times the MACs, not within {self.tolerance:g} "
                    f"of {self.target:g}"
                )
        return network

    def active(self, point: Mapping[str, Option]) -> Point:
        """The point of the space nearest to one that needn't meet the constraint, in the mean of
        the logarithms' squares; the base stays itself."""
        asked = Coefficients.of(point)
        if asked == BASE:
            return self.origin
        apart = ((self._logs - np.log(asked)) ** 2).sum(1)
        return self._point(self._held[int(apart.argmin())])

    def mutate(self, point: Mapping[str, Option], rng: np.random.Generator) -> Point:
        """One of the neighbours."""
        around = list(self.neighbours(point))
        if not around:
            raise SpaceError("the grid has a single point; lower its step or raise the tolerance")
        return around[int(rng.integers(len(around)))]

    def neighbours(self, point: Mapping[str, Option]) -> Iterator[Point]:
        """The points of the space at most a step away in each coefficient; where there are none,
        those at most two steps away, and so on."""
        alpha, beta, gamma = (round((value - 1) / self.step) for value in Coefficients.of(point))
        here = alpha, beta, gamma
        found: list[Cell] = []
        for reach in count(1):
            around = range(-reach, reach + 1)
            found = [
                cell
                for move in product(around, around, around)
                if any(move) and (cell := _moved(here, move)) in self._cells
            ]
            if found or reach > len(self.decisions[0].options):
                break
        yield from map(self._point, found)

    def features(
        self, point: Mapping[str, Option], network: Genotype
    ) -> tuple[Vector, frozenset[Way]]:
        """The shares of depth, width and resolution in the growth, and no paths."""
        return np.array(Coefficients.of(point).shares), frozenset()

    def _value(self, steps: int) -> float:
        return round(1 + steps * self.step, DIGITS)

    def _point(self, cell: Cell) -> Point:
        return dict(zip(KEYS, self.coefficients(cell), strict=True))

    def _distance(self, cell: Cell) -> float:
        return round(abs(self.coefficients(cell).factors.nominal - self.target), DIGITS)


def idle(base: Genotype, divisor: int = DIVISOR) -> tuple[str, ...]:
    """The directions, of depth, width and resolution, in which twice as much is the same network
    or none that can be built."""
    twice = {
        "depth": Factors(depth=2.0),
        "width": Factors(width=2.0),
        "resolution": Factors(resolution=2.0),
    }
    return tuple(name for name, factors in twice.items() if not _grows(base, factors, divisor))


def _grows(base: Genotype, factors: Factors, divisor: int) -> bool:
    try:
        network = grown(base, factors, divisor, nominal=1)  # dropout alone is no growth
        figures(network)
    except GenotypeError:
        return False
    return network != base


def _counted(base: Genotype) -> int:
    try:
        return max(1, figures(base).macs)
    except GenotypeError as error:
        raise SpaceError(f"the base can't be built: {error}") from error


def _cells(low: float, high: float, step: float) -> list[Cell]:
    """All points of the grid whose nominal factor is from `low` to `high`."""
    found: list[Cell] = []
    sides = range(int((math.sqrt(high) - 1) / step + EPSILON) + 1)
    for beta, gamma in product(sides, repeat=2):
        rest = (1 + beta * step) ** 2 * (1 + gamma * step) ** 2
        least = max(0, math.ceil((low / rest - 1) / step - EPSILON))
        most = math.floor((high / rest - 1) / step + EPSILON)
        found += [(alpha, beta, gamma) for alpha in range(least, most + 1)]
        if len(found) > MOST:
            raise UsageError(
                f"a grid of {step:g} has more than {MOST:,} points with {low:g} to {high:g} times "
                "the MACs; raise its step or lower the tolerance"
            )
    return found


def _moved(cell: Cell, by: Cell) -> Cell:
    return cell[0] + by[0], cell[1] + by[1], cell[2] + by[2]


def _check(target: float, tolerance: float, step: float, divisor: int) -> None:
    if not 1 <= divisor <= LARGEST_DIVISOR:
        raise UsageError(
            f"--divisor {divisor}: must be a whole number of channels from 1 to "
            f"{LARGEST_DIVISOR:,}, such as {DIVISOR}"
        )
    if not 1 < target <= LARGEST:
        raise UsageError(
            f"--target {target:g}: coefficients of at least 1 make a network larger, so it must be "
            f"above 1 and at most {LARGEST:g}, such as 2"
        )
    if not 0 < tolerance < target - 1:
        raise UsageError(
            f"--tolerance {tolerance:g}: must be above 0 and below {target - 1:g}, where the base "
            "itself would be a candidate"
        )
    if not 1e-4 <= step <= target:
        raise UsageError(
            f"--grid {step:g}: the step of a grid must be a number from 0.0001 to the target, "
            f"{target:g}; 0.1 suits most"
        )
