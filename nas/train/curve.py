"""The losses of an epoch, step by step, and the word for the one that says it is in vain."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from nas.errors import DivergenceError

LOOK = 32  # steps between looks at the loss where a look waits for the device


@dataclass(slots=True)
class Curve:
    """An epoch's losses, fetched from the device now and then: fetching waits for it.

    Raises `DivergenceError` once one is not finite.
    """

    epoch: int
    rate: float  # the recipe's learning rate, for the error's text
    fetched: list[float] = field(default_factory=list)
    pending: list[Tensor] = field(default_factory=list)

    def add(self, loss: Tensor) -> None:
        """Note one step's loss; on a CPU it is looked at right away."""
        self.pending.append(loss)
        if loss.device.type == "cpu" or len(self.pending) == LOOK:
            self._fetch()

    @property
    def last(self) -> float:
        """The latest loss that was fetched; not a number before the first."""
        return self.fetched[-1] if self.fetched else math.nan

    def finished(self) -> tuple[float, ...]:
        """All the epoch's losses."""
        if self.pending:
            self._fetch()
        return tuple(self.fetched)

    def check(self, model: torch.nn.Module) -> None:
        """Every weight is finite: a loss is measured before its step and doesn't tell its end."""
        norm = torch.nn.utils.get_total_norm(list(model.parameters()))
        if not norm.isfinite():
            raise self._diverged("weights stopped being finite")

    def _fetch(self) -> None:
        for value in torch.stack(self.pending).tolist():
            self.fetched.append(value)
            if not math.isfinite(value):
                raise self._diverged(f"the training loss became {value}")
        self.pending.clear()

    def _diverged(self, what: str) -> DivergenceError:
        """The sentence with what happened, where, and what usually helps."""
        return DivergenceError(
            f"{what} in epoch {self.epoch}, step {len(self.fetched)}; lower the learning rate "
            f"({self.rate:g}), lengthen the warm-up or clip the gradients"
        )
