"""The number of multiply-accumulates an image: the other baseline."""

from __future__ import annotations

from nas.costs import cost
from nas.evaluate.zero_cost._probe import Probe


def score(probe: Probe) -> float:
    """MACs, counted without building."""
    return float(cost(probe.genotype).macs)
