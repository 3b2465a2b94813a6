"""What a scaling law is."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from nas.errors import ScalingError, shown
from nas.scaling.factors import Factors

FARTHEST = 64.0  # of phi from 0: 2^64 times the MACs


@dataclass(frozen=True)
class ScalingLaw(ABC):
    """Says how wide, deep and large a network becomes at `phi`; 0 is the network itself.

    Unless a law says otherwise, phi counts doublings of the nominal MACs.
    """

    source: ClassVar[str]
    keeps: ClassVar[str]  # what stays as it is, in words
    least: ClassVar[float] = -FARTHEST  # the smallest phi

    def factors(self, phi: float, side: int = 224) -> Factors:
        """The factors at `phi` for a network whose image has `side` pixels; ScalingError where
        there are none."""
        if isinstance(phi, bool) or not self.least <= phi <= FARTHEST:
            raise ScalingError(
                f"phi must be a number from {self.least:g} to {FARTHEST:g}, but got {shown(phi)}; "
                "0 is the network as it is, below 0 are smaller ones"
            )
        return Factors() if phi == 0 else self.at(phi, side)

    @abstractmethod
    def at(self, phi: float, side: int) -> Factors:
        """The factors at a phi other than 0."""


def doubled(phi: float, share: float) -> float:
    """2^(phi * share): a factor that takes `share` of so many doublings."""
    return math.pow(2.0, phi * share)
