"""The references that are looked at, and weights under which every part of one does something."""

import torch
from torch import nn

import nas
from nas.zoo import references

SEEN = 4  # images whose statistics norms hold


def smallest() -> dict[str, str]:
    """The reference of fewest MACs of each family, those first."""
    least: dict[str, tuple[int, str]] = {}
    for name, reference in references().items():
        macs = nas.cost(reference.genotype).macs
        least[reference.family] = min(least.get(reference.family, (macs, name)), (macs, name))
    return {family: name for family, (_, name) in sorted(least.items(), key=lambda each: each[1])}


def lively(network: nn.Module) -> None:
    """Let the gains that begin at zero be others, so that no branch is idle."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim <= 1:
                parameter.add_(torch.rand(parameter.shape, generator=generator) * 0.1)


def settled(network: nn.Module) -> None:
    """Let batch norms hold the statistics of random images, as after a training."""
    norms = [
        each for each in network.modules() if isinstance(each, nn.BatchNorm1d | nn.BatchNorm2d)
    ]
    before = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean of all that is seen
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        network.train()(torch.randn(SEEN, *network.input_shape, generator=generator))
    network.eval()
    for norm, momentum in zip(norms, before, strict=True):
        norm.momentum = momentum
