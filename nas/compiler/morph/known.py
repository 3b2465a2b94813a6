"""What is known of a child's value: which of its parent's it is, if it is one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor

CLOSE = 1e-6  # of a kept scale: rounding


@dataclass(frozen=True, slots=True)
class Seen:
    """`scale` times the parent's value `like`, its channels in the order of `source`, a new one
    where that is -1; all numbers are known to lie from `low` to `high`."""

    like: int
    source: Tensor
    scale: float = 1.0
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True, slots=True)
class New:
    """A value that the parent hasn't, and why nothing of the parent's could be made of it."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Silent:
    """Zero, whatever the image."""


Known: TypeAlias = Seen | New | Silent
