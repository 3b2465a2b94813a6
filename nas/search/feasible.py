"""How much of a space is feasible: estimated from draws, before a search begins."""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass

import numpy as np

from nas.search.candidates import Candidates

DRAWS = 400
SECONDS = 1.0
MANY = 0.1  # of the draws, from which on it is said why they can't be built


@dataclass(frozen=True, slots=True)
class Share:
    """Of so many draws, each point of the space as likely as any other, how many fit, and how many
    can't be built at all (which don't fit), for which reason most of them."""

    drawn: int
    fit: int
    unbuildable: int = 0
    reason: str = ""

    def __str__(self) -> str:
        return percent(self.fit, self.drawn)


def percent(part: int, whole: int) -> str:
    """A share as it is known from draws: `12 %`, or `less than 1 %` where too few were met."""
    if part * 100 < whole:
        return f"less than {max(1, math.ceil(100 / whole))} %"
    if part * 100 > 99 * whole:
        return "more than 99 %"
    return f"{100 * part / whole:.0f} %"


def estimate(among: Candidates) -> Share:
    """The feasible share, from 400 draws, or as many as a second allows."""
    rng = np.random.default_rng(0)
    end = time.monotonic() + SECONDS
    drawn = fit = 0
    reasons: Counter[str] = Counter()
    while not drawn or (drawn < DRAWS and time.monotonic() < end):
        candidate = among.at(among.space.uniform(rng))
        drawn += 1
        fit += candidate.excess <= 1
        if math.isinf(candidate.excess):
            reasons[candidate.reason] += 1
    most = reasons.most_common(1)
    return Share(drawn, fit, reasons.total(), most[0][0] if most else "")


def opening(among: Candidates) -> str:
    """One line for the start of a search: the space's size and, with limits, how much of it fits.

    `12 % of 1.1e13 candidates fit at most 400M MACs`; the size is exact, the share estimated.
    """
    size = f"{_number(among.space.size)} candidates"
    if not among.limits.names:
        return size
    share = estimate(among)
    told = f"{share} of {size} fit {among.limits}".replace("at most ", "")
    if share.unbuildable < MANY * share.drawn:
        return told
    return f"{told}; {percent(share.unbuildable, share.drawn)} can't be built ({share.reason})"


def _number(size: int) -> str:
    """Exactly below a million, else with two digits: `15,625`, `6.3e13`."""
    if size < 10**6:
        return f"{size:,}"
    power = len(str(size)) - 1
    scaled = round(size / 10 ** (power - 1)) / 10  # of whole numbers, however large
    return f"{scaled:.1f}e{power}" if scaled < 10 else f"1.0e{power + 1}"
