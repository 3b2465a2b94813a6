"""Zen-score: how much the features of a network with random weights move when its input does.
Source: Zen-NAS, arXiv:2102.01063, algorithm 1."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from nas.evaluate.zero_cost._probe import Probe, weighed

REPEATS = 8  # draws of weights and inputs that are averaged
MOVE = 0.01  # of the input's deviation
IMAGES = 16


def score(probe: Probe) -> float:
    """The logarithm of the mean movement of the features before the head, plus those of the batch
    norms' deviations, which had scaled it away; it needs no data.

    The paper leaves residual links out; here the network is scored as it stands.
    """
    model = probe.network()
    for layer in model.modules():
        if isinstance(layer, _BatchNorm):
            layer.momentum = 1.0  # the statistics of the latest batch
    random = torch.Generator().manual_seed(probe.seed)
    with torch.no_grad():
        scores = [_once(model, probe.images[:1], random) for _ in range(REPEATS)]
    return float(torch.stack(scores).mean())


def _once(model: nn.Module, like: Tensor, random: torch.Generator) -> Tensor:
    def drawn(shape: torch.Size) -> Tensor:
        return torch.randn(shape, generator=random).to(like.device)

    for layer in weighed(model):
        layer.weight.copy_(drawn(layer.weight.shape))
        if layer.bias is not None:
            layer.bias.zero_()
    shape = torch.Size((IMAGES, *like.shape[1:]))
    here = drawn(shape)
    there = _features(model, here + MOVE * drawn(shape))
    moved = (_features(model, here) - there).abs().flatten(1).sum(1).mean().double().log()
    for norm in model.modules():
        if isinstance(norm, _BatchNorm):
            assert norm.running_var is not None
            moved = moved + norm.running_var.mean().double().sqrt().log()
    return moved


def _features(model: nn.Module, images: Tensor) -> Tensor:
    """What goes into the head: the last part of the network that holds a linear layer."""
    heads = [
        each
        for each in model.children()
        if any(isinstance(inner, nn.Linear) for inner in each.modules())
    ]
    seen: list[Tensor] = []
    hook = heads[-1].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    try:
        model(images)
    finally:
        hook.remove()
    return seen[-1]
