"""RMSProp as TensorFlow computes it, for which EfficientNet's figures were found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import optim


class RMSPropTF(optim.Optimizer):
    """RMSProp whose epsilon stands under the root, whose mean of squares begins at 1, and whose
    learning rate is part of the momentum.

    With torch's own an epsilon of 1e-3 lets steps grow thirty times as long.
    Source: tf.train.RMSPropOptimizer, as called in EfficientNet's released code (tensorflow/tpu).
    """

    def __init__(
        self,
        params: Any,
        lr: float,
        *,
        decay: float = 0.9,
        momentum: float = 0.9,
        eps: float = 1e-3,
        weight_decay: float = 0.0,
    ) -> None:
        rates = {"lr": lr, "decay": decay, "momentum": momentum}
        super().__init__(params, {**rates, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step along every parameter's gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            moved = [each for each in group["params"] if each.grad is not None]
            if moved:
                self._move(moved, group)
        return loss

    def _move(self, params: list[torch.Tensor], group: dict[str, Any]) -> None:
        for each in params:
            if not self.state[each]:
                self.state[each]["square_avg"] = torch.ones_like(each)
                self.state[each]["momentum_buffer"] = torch.zeros_like(each)
        grads = [cast(torch.Tensor, each.grad) for each in params]
        squares = [self.state[each]["square_avg"] for each in params]
        moments = [self.state[each]["momentum_buffer"] for each in params]
        if group["weight_decay"]:
            grads = list(torch._foreach_add(grads, params, alpha=group["weight_decay"]))
        torch._foreach_mul_(squares, group["decay"])
        torch._foreach_addcmul_(squares, grads, grads, value=1 - group["decay"])
        roots = torch._foreach_add(squares, group["eps"])
        torch._foreach_sqrt_(roots)
        torch._foreach_mul_(moments, group["momentum"])
        torch._foreach_addcdiv_(moments, grads, roots, value=group["lr"])
        torch._foreach_sub_(params, moments)
