"""How torch's layers are made, and the ones that torch lacks.

A layer of our own needs only torch, so that its source can travel with a model.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from nas.ops._base import Layer


class DropPath(nn.Module):
    """In training, drops an image's whole branch with probability `rate` and scales the rest up
    (arXiv:1603.09382)."""

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


@lru_cache(maxsize=1 << 12)
def _prototype(layer: Layer) -> nn.Module:
    """The layer without memory, made by torch's own constructor."""
    make: Any = globals().get(layer.kind) or getattr(nn, layer.kind)
    with torch.device("meta"):
        module: nn.Module = make(*layer.args, **dict(layer.options))
    return module


def fresh(layer: Layer, device: torch.device) -> nn.Module:
    """The layer on `device` with its numbers not yet set.

    Torch's constructors draw weights that are thrown away when a network sets its own; copying an
    empty prototype
    takes a tenth of the time.
    """
    return _copy(_prototype(layer), device)


def _copy(prototype: nn.Module, device: torch.device) -> nn.Module:
    made = prototype.__class__.__new__(prototype.__class__)
    vars(made).update(
        (key, value.copy() if isinstance(value, dict | set) else value)
        for key, value in vars(prototype).items()
    )
    for name, parameter in prototype._parameters.items():
        if parameter is not None:
            made._parameters[name] = nn.Parameter(torch.empty(parameter.shape, device=device))
    for name, buffer in prototype._buffers.items():
        if buffer is not None:
            made._buffers[name] = torch.empty(buffer.shape, dtype=buffer.dtype, device=device)
    for name, child in prototype._modules.items():
        if child is not None:
            made._modules[name] = _copy(child, device)
    return made
