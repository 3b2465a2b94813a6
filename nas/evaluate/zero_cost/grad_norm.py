"""Gradient norm: how much one batch pulls at each layer. Source: arXiv:2101.08134, section 3.1."""

from __future__ import annotations

import torch

from nas.evaluate.zero_cost._probe import Probe, total, weights


def score(probe: Probe) -> float:
    """The sum over convolutions and linear layers of the gradient's Euclidean norm."""
    model = probe.network()
    gradients = torch.autograd.grad(probe.loss(model), weights(model), allow_unused=True)
    return total(each.norm() for each in gradients if each is not None)
