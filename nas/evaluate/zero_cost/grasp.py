"""GraSP: what the gradient's norm would lose with each weight.

Source: arXiv:2002.07376, equation 8; summed over the network, with its sign, as in
arXiv:2101.08134, equation 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from nas.evaluate._calls import Calls
from nas.evaluate.zero_cost._probe import Probe, total, weights


def score(probe: Probe) -> float:
    """The sum of -weight * (Hessian @ gradient); it may be negative, and no absolute value is
    taken."""
    model = probe.network()
    held = weights(model)
    with _TwiceDifferentiable():
        loss = probe.loss(model)
    gradients = torch.autograd.grad(
        loss, held, create_graph=True, allow_unused=True, materialize_grads=True
    )
    norm = torch.stack([(g.detach() * g).sum() for g in gradients]).sum()
    if not norm.requires_grad:
        return 0.0  # nothing reaches the weights
    products = torch.autograd.grad(norm, held, allow_unused=True)  # Hessian @ gradient
    pairs = zip(held, products, strict=True)
    return total(-(w * h).sum() for w, h in pairs if h is not None)


class _TwiceDifferentiable(Calls):
    """Computes the activations that torch differentiates once only from parts it does twice."""

    def call(self, func: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The hard sigmoid and swish spelled out, all else as ever."""
        if func is F.hardsigmoid:
            return _hardsigmoid(args[0])
        if func is F.hardswish:
            return args[0] * _hardsigmoid(args[0])
        return super().call(func, args, options)


def _hardsigmoid(x: Tensor) -> Tensor:
    return (x / 6 + 0.5).clamp(0, 1)
