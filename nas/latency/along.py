"""Latency along a law: measured of a few of the networks that one is scaled to, and read off a line
between them for the others."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Callable
from itertools import pairwise

from nas.costs import figures
from nas.genotype import Genotype
from nas.scaling.solve import CLOSE

FLATTEST, STEEPEST = 0.1, 2.0  # power of the MACs that latency may grow with, whatever was measured
USUAL = 1.0  # where one network is known
MOST = 6  # measurements on the way to a target
SURE = 0.01  # of a prediction, so near to which another measurement would change nothing


class Along:
    """Predicts the seconds of scaled networks from those measured by `measure`: a power of the MACs
    between two of them, and beyond the last."""

    def __init__(self, measure: Callable[[Genotype], float]) -> None:
        self._measure = measure
        self._known: dict[int, float] = {}  # seconds by MACs

    def measure(self, network: Genotype) -> float:
        """Seconds, measured now, or before of a network of as many MACs."""
        macs = _macs(network)
        if macs not in self._known:
            self._known[macs] = self._measure(network)
        return self.predict(network)

    def predict(self, network: Genotype) -> float:
        """Seconds; those measured, where they were. At least one network must have been."""
        macs = _macs(network)
        known = self._least()
        if macs in known:
            return known[macs]
        points = [(math.log(at), math.log(seconds)) for at, seconds in known.items()]
        here = math.log(macs)
        place = min(max(bisect([at for at, _ in points], here), 1), max(1, len(points) - 1))
        (at, value), power = points[place - 1], USUAL
        for low, high in pairwise(points[place - 1 : place + 1]):
            power = (high[1] - low[1]) / (high[0] - low[0])
        return math.exp(value + min(max(power, FLATTEST), STEEPEST) * (here - at))

    def settle(self, nearest: Callable[[], Genotype], target: float) -> None:
        """Measure the network that is `nearest` to the target (seconds) by prediction, until it is
        within 3 % of it, or as predicted, or enough were measured."""
        for _ in range(MOST):
            network = nearest()
            guess = self.predict(network)
            seconds = self.measure(network)
            if abs(seconds / target - 1) <= CLOSE or abs(seconds / guess - 1) <= SURE:
                return

    def _least(self) -> dict[int, float]:
        """Seconds by rising MACs: at most what a larger network took, as other work of the machine
        only ever adds time."""
        found: dict[int, float] = {}
        least = math.inf
        for macs in sorted(self._known, reverse=True):
            least = found[macs] = min(least, self._known[macs])
        return dict(reversed(found.items()))


def _macs(network: Genotype) -> int:
    return max(1, figures(network).macs)
