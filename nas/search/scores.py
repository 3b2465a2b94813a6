"""Scores: what zero-cost proxies say of candidates, as features of a sampler that predicts.

Each is worked out once for a genotype's text. Those of trials are in the record, so that a resumed
search learns from the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from nas.errors import NasError

DIGITS = 6  # significant ones; the order of additions on several threads changes others
_FAILURES = (NasError, ArithmeticError, MemoryError, RuntimeError)

Measure = Callable[[str], float]  # of a genotype's text; larger is better


class Scores:
    """The scores of candidates by each of `measures`, by their names."""

    def __init__(self, measures: Mapping[str, Measure]) -> None:
        self.names = tuple(measures)
        self._measures = measures
        self._known: dict[str, tuple[float, ...]] = {}

    def of(self, genotype: str) -> tuple[float, ...]:
        """A number for each name: nan where the proxy fails at it or finds nothing finite."""
        if genotype not in self._known:
            self._known[genotype] = tuple(
                _tried(measure, genotype) for measure in self._measures.values()
            )
        return self._known[genotype]

    def stored(self, genotype: str) -> dict[str, float | None]:
        """The same as JSON values, None where one failed."""
        values = zip(self.names, self.of(genotype), strict=True)
        return {name: None if math.isnan(value) else value for name, value in values}

    def recall(self, genotype: str, stored: Mapping[str, float | None]) -> None:
        """Know what `stored` gave; anything else is worked out when it is asked for."""
        found = [stored.get(name, math.inf) for name in self.names]
        if math.inf not in found:
            self._known[genotype] = tuple(math.nan if each is None else each for each in found)


def _tried(measure: Measure, genotype: str) -> float:
    try:
        value = float(f"{measure(genotype):.{DIGITS}g}")
    except _FAILURES:
        return math.nan
    return value if math.isfinite(value) else math.nan
