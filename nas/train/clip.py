"""Gradients kept small: by their common norm, one by one, or unit by unit beside their weights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

LEAST = 1e-3  # norm of a unit's weights, so that those which begin at zero can move at all
_HEAD = re.compile(r"aux\d*")


@dataclass(frozen=True, slots=True)
class Clip:
    """What gradients may not exceed, each 0 for no limit; done in this order.

    `adaptive`: the norm of each unit's gradient, in norms of its weights, all layers but the
    classifiers (NFNet, arXiv:2102.06171, section 4.1). `value`: each number's size. `norm`: the
    norm of all gradients together.
    """

    norm: float = 0.0
    value: float = 0.0
    adaptive: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.norm or self.value or self.adaptive)

    def __call__(self, model: nn.Module) -> None:
        """Clip the gradients of `model`'s parameters in place."""
        if self.adaptive:
            adapt(unclassifying(model), self.adaptive)
        if self.value:
            nn.utils.clip_grad_value_(model.parameters(), self.value)
        if self.norm:
            nn.utils.clip_grad_norm_(model.parameters(), self.norm)


def adapt(parameters: Iterator[nn.Parameter], factor: float) -> None:
    """No unit's gradient is longer than `factor` times its weights. Source: arXiv:2102.06171.

    A unit is what makes one output: a row of a matrix, a kernel of a convolution; a vector is one.
    """
    for each in parameters:
        if each.grad is not None:
            most = _lengths(each.detach()).clamp_(min=LEAST).mul_(factor)
            found = _lengths(each.grad)
            each.grad.mul_((most / found.clamp(min=1e-6)).clamp_(max=1))


def unclassifying(model: nn.Module) -> Iterator[nn.Parameter]:
    """The parameters of all layers but the last, and the last of each auxiliary head."""
    last: dict[str, nn.Module] = {}
    for name, module in model.named_modules():
        if any(True for _ in module.parameters(recurse=False)):
            head = name.partition(".")[0]
            last[head if _HEAD.fullmatch(head) else ""] = module
    left = {id(each) for module in last.values() for each in module.parameters(recurse=False)}
    return (each for each in model.parameters() if id(each) not in left)


def _lengths(x: Tensor) -> Tensor:
    """The norm of each unit, shaped so that it multiplies `x`."""
    dims = tuple(range(1, x.ndim)) or None
    lengths: Tensor = torch.linalg.vector_norm(x, dim=dims, keepdim=dims is not None)
    return lengths
