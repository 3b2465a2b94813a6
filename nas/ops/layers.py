"""Torch modules that torch itself lacks. Each needs only torch, so that its source can travel with a model."""

from __future__ import annotations

import torch
from torch import nn


class DropPath(nn.Module):
    """In training, drops an image's whole branch with probability `rate` and scales the rest up (arXiv:1603.09382)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, ...) -> the same."""
        if not self.training or self.rate == 0:
            return x
        keep = 1 - self.rate
        mask = x.new_empty((x.shape[0],) + (1,) * (x.ndim - 1)).bernoulli_(keep)
        return x * mask.div_(keep)

    def extra_repr(self) -> str:
        """The rate."""
        return f"{self.rate:g}"
