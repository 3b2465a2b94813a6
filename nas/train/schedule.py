"""Learning-rate schedules: the share of the full learning rate at each step of a training.

A schedule is written for the recipe's own number of epochs; run for more or fewer, it is stretched.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule(ABC):
    """A learning rate over time, in the recipe's epochs; `warmup` epochs rise linearly first."""

    warmup: float = 0.0

    def factor(self, step: int, steps: int, epochs: float) -> float:
        """The share of the full learning rate at `step` (from 0) of the `steps` in `epochs`.

        Source of the warm-up: arXiv:1706.02677, section 2.2.
        """
        rise = round(self.warmup / epochs * steps)
        if step < rise:
            return (step + 1) / rise
        return self.after(step - rise, steps - rise, step * epochs / steps)

    @abstractmethod
    def after(self, step: int, steps: int, epoch: float) -> float:
        """The share at `step` of `steps` since the warm-up, at `epoch` of the whole training."""


@dataclass(frozen=True, slots=True)
class Cosine(Schedule):
    """Half a cosine from 1 down to 0. Source: SGDR, arXiv:1608.03983, equation 5."""

    def after(self, step: int, steps: int, epoch: float) -> float:
        """Between 1 at the first and (nearly) 0 at the last step."""
        return 0.5 * (1 + math.cos(math.pi * step / steps))


@dataclass(frozen=True, slots=True)
class Step(Schedule):
    """Multiply by `gamma` at each of the `milestones`. Source: ResNet, arXiv:1512.03385."""

    milestones: tuple[float, ...] = ()
    gamma: float = 0.1

    def after(self, step: int, steps: int, epoch: float) -> float:
        """`gamma` to the number of milestones passed."""
        # A milestone in a stretched schedule rarely falls on a step exactly: allow for rounding.
        return float(self.gamma ** sum(epoch >= each - 1e-9 for each in self.milestones))


@dataclass(frozen=True, slots=True)
class Exponential(Schedule):
    """Multiply by `gamma` each `every` epochs. Source: EfficientNet, arXiv:1905.11946."""

    gamma: float = 0.97
    every: float = 2.4

    def after(self, step: int, steps: int, epoch: float) -> float:
        """`gamma` to the number of whole periods passed."""
        return float(self.gamma ** math.floor(epoch / self.every + 1e-9))


@dataclass(frozen=True, slots=True)
class Constant(Schedule):
    """The full learning rate from the end of the warm-up to the end."""

    def after(self, step: int, steps: int, epoch: float) -> float:
        """Always 1."""
        return 1.0
