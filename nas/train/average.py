"""The moving average of a network's weights, which scores better than the last of them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class Average:
    """An exponential moving average of everything in a model's state, one update a step.

    After n updates the past weighs min(decay, (1 + n) / (10 + n)), so that a short training isn't
    judged by its first weights. Counts (integers) are those of the model.
    Source: EfficientNet, arXiv:1905.11946, section 5.2, and tf.train.ExponentialMovingAverage.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model, self.decay, self.updates = model, decay, 0
        self.state = {name: value.clone() for name, value in model.state_dict().items()}
        # These share their memory with the parameters, which are updated in place.
        live = [(value, self.state[name]) for name, value in model.state_dict().items()]
        self._floats = [pair for pair in live if pair[0].is_floating_point()]
        self._counts = [pair for pair in live if not pair[0].is_floating_point()]

    def update(self) -> None:
        """Move towards the model's weights as they are."""
        self.updates += 1
        past = min(self.decay, (1 + self.updates) / (10 + self.updates))
        now, mean = zip(*self._floats, strict=True)
        with torch.no_grad():
            torch._foreach_lerp_(mean, now, 1 - past)
            for count, kept in self._counts:
                kept.copy_(count)

    def load(self, state: Mapping[str, Tensor], updates: int) -> None:
        """Be the average that once was, with this `state` after so many updates."""
        self.updates = updates
        for name, value in self.state.items():
            value.copy_(state[name])

    def give(self) -> None:
        """The model's weights become the average."""
        self.model.load_state_dict(self.state)
