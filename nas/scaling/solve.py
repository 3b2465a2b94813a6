"""The solver: the network along a law whose exact cost is nearest to a budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nas.blocks.fields import DIVISOR
from nas.errors import GenotypeError, ScalingError
from nas.genotype.expression import Genotype
from nas.scaling.factors import Factors, grown
from nas.scaling.laws._base import FARTHEST, ScalingLaw
from nas.scaling.places import first
from nas.scaling.resolution import sides_of, smallest

CLOSE = 0.03  # of the target: farther off, both neighbours are worth a look
STEPS = 18  # halvings of a doubling: 4e-6 of phi
WALL = 10  # halvings on the way to where no network can be built
IDLE = 4.0  # of phi: a law that has changed no cost until there changes none


@dataclass(frozen=True, slots=True)
class Budget:
    """What a network may cost: `figure` tells what one does cost, in the target's unit."""

    name: str  # "MACs"
    target: float
    figure: Callable[[Genotype], float]
    spoken: Callable[[float], str] = str


@dataclass(frozen=True, slots=True)
class Scaled:
    """A network along a law; `costs` are its figures, in the budgets' order, `share` the largest
    of them over its target."""

    phi: float
    factors: Factors
    network: Genotype
    costs: tuple[float, ...]
    share: float


@dataclass(frozen=True, slots=True)
class Solution:
    """The network nearest to the budgets, and its neighbours along the law: the largest within
    all budgets, and the smallest that isn't. One is None where the nearest is exactly the budget,
    or the network that was scaled."""

    nearest: Scaled
    below: Scaled | None
    above: Scaled | None

    @property
    def miss(self) -> float:
        """How far the nearest is from the budget that binds, as a share of it."""
        return self.nearest.share - 1

    @property
    def close(self) -> bool:
        """Whether that is 3 % at most."""
        return abs(self.miss) <= CLOSE


def solve(
    base: Genotype,
    law: ScalingLaw,
    budgets: Sequence[Budget],
    *,
    divisor: int = DIVISOR,
) -> Solution:
    """The network along `law` whose cost is nearest to its budget; of several budgets, to the one
    that binds first.

    Where the image can shrink no further, it stays and the rest of the law goes on. Raises
    ScalingError for a budget below the smallest network along the law, or above the largest.
    """
    if not budgets:
        raise ScalingError("a network is scaled to a budget, but got none; give one, such as MACs")
    line = _Line(base, law, tuple(budgets), divisor)
    low = high = line.at(0.0)
    if low.share == 1:
        return Solution(low, None, None)
    if low.share > 1:
        low, high = line.downwards(high)
    else:
        low, high = line.upwards(low)
    for _ in range(STEPS):
        middle = line.at((low.phi + high.phi) / 2)
        if middle.share == 1:
            return Solution(middle, None, None)
        low, high = (middle, high) if middle.share < 1 else (low, middle)
        if high.phi - low.phi < 1e-7:
            break
    nearest = min(low, high, key=lambda each: abs(each.share - 1))
    return Solution(nearest, low, high)


@dataclass(frozen=True, slots=True)
class _Line:
    base: Genotype
    law: ScalingLaw
    budgets: tuple[Budget, ...]
    divisor: int

    def at(self, phi: float) -> Scaled:
        sides = sides_of(self.base)
        factors = self.law.factors(phi, min(sides) if sides else 224)
        if factors.resolution < 1 and sides:
            factors = replace(
                factors, resolution=max(factors.resolution, smallest(first(self.base)))
            )
        network = grown(self.base, factors, self.divisor)
        costs = tuple(budget.figure(network) for budget in self.budgets)
        shares = (cost / each.target for cost, each in zip(costs, self.budgets, strict=True))
        return Scaled(phi, factors, network, costs, max(shares))

    def downwards(self, high: Scaled) -> tuple[Scaled, Scaled]:
        """Two networks, one within the budgets and a larger one that isn't."""
        phi = max(-1.0, self.law.least)
        while True:
            try:
                low = self.at(phi)
            except GenotypeError:  # narrower than a block can be
                low = self.last(high, phi)
                if low.share > 1:
                    raise ScalingError(self.too_small(low)) from None
            if low.share <= 1:
                return low, high
            if phi == self.law.least:
                raise ScalingError(self.too_small(low))
            high, phi = low, max(phi * 2, self.law.least)

    def upwards(self, low: Scaled) -> tuple[Scaled, Scaled]:
        """Two networks, one within the budgets and a larger one that isn't."""
        start, phi = low, 1.0
        while phi <= FARTHEST:
            try:
                high = self.at(phi)
            except GenotypeError:  # larger than a network can be
                high = self.last(low, phi)
                if high.share < 1:
                    raise ScalingError(self.too_large(high)) from None
            if high.share >= 1:
                return low, high
            if phi >= IDLE and high.costs == start.costs:
                break
            low, phi = high, phi * 2
        raise ScalingError(self.too_large(low))

    def last(self, known: Scaled, beyond: float) -> Scaled:
        """The last network that can be built from a known one towards a phi where none can."""
        for _ in range(WALL):
            try:
                known = self.at((known.phi + beyond) / 2)
            except GenotypeError:
                beyond = (known.phi + beyond) / 2
        return known

    def too_small(self, least: Scaled) -> str:
        repair = "raise the target"
        if self.name != "compound":
            repair += ", or take the law compound, which shrinks in every direction"
        if self.divisor > 1:
            repair += f", or a smaller divisor than {self.divisor}"
        return f"the smallest network along the law {self.name} has {self._told(least)}; {repair}"

    def too_large(self, most: Scaled) -> str:
        return (
            f"the largest network found along the law {self.name} has {self._told(most)}; lower "
            "the target, or take a law that changes something else"
        )

    @property
    def name(self) -> str:
        return type(self.law).__module__.rpartition(".")[2]

    def _told(self, scaled: Scaled) -> str:
        """The figures beside the targets, of the budgets that bind."""
        return ", ".join(
            f"{each.spoken(cost)} {each.name} (asked for: {each.spoken(each.target)})"
            for cost, each in zip(scaled.costs, self.budgets, strict=True)
        )
