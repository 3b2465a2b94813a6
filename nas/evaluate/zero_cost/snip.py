"""SNIP: what the loss would lose with each weight.

Source: arXiv:1810.02340, equation 6; summed over the network as in arXiv:2101.08134, equation 1.
"""

from __future__ import annotations

import torch

from nas.evaluate.zero_cost._probe import Probe, total, weights


def score(probe: Probe) -> float:
    """The sum of |weight * gradient|."""
    model = probe.network()
    held = weights(model)
    gradients = torch.autograd.grad(probe.loss(model), held, allow_unused=True)
    pairs = zip(held, gradients, strict=True)
    return total((w * g).abs().sum() for w, g in pairs if g is not None)
