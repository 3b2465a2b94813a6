"""What a training leaves behind: one record per epoch, and the reason where it broke off."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training split: its number from 1, the loss of each step, and its time."""

    number: int
    losses: tuple[float, ...]
    images: int
    seconds: float

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Epoch:
        """The epoch whose fields JSON gave back."""
        return cls(**{**values, "losses": tuple(values["losses"])})

    @property
    def loss(self) -> float:
        """The mean loss over the epoch's steps."""
        return sum(self.losses) / len(self.losses)

    @property
    def speed(self) -> float:
        """Images a second."""
        return self.images / self.seconds


@dataclass(frozen=True, slots=True)
class History:
    """The epochs of one training, and what would repeat it."""

    recipe: str
    seed: int
    epochs: tuple[Epoch, ...]

    @property
    def losses(self) -> tuple[float, ...]:
        """The loss of every step, in order."""
        return tuple(loss for epoch in self.epochs for loss in epoch.losses)

    @property
    def seconds(self) -> float:
        """The time of all epochs together."""
        return sum(epoch.seconds for epoch in self.epochs)

    def to_json(self) -> str:
        """This history as one line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> History:
        """The history that `to_json` wrote."""
        values: dict[str, Any] = json.loads(text)
        return cls(**{**values, "epochs": tuple(map(Epoch.of, values["epochs"]))})
