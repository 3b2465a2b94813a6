"""The number of parameters: the baseline that every other proxy has to beat."""

from __future__ import annotations

from nas.costs import cost
from nas.evaluate.zero_cost._probe import Probe


def score(probe: Probe) -> float:
    """Trainable parameters, counted without building."""
    return float(cost(probe.genotype).params)
