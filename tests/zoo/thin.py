"""A network beside its implementation, both thin enough to run in full in any test."""

from collections.abc import Callable

import torch
from witnesses import copy, fill, images, layers, settle, still

import nas
from nas.genotype import Genotype


def same_outputs(
    theirs: torch.nn.Module,
    network: Genotype,
    order: Callable[[list[str]], list[str]] = list,
) -> None:
    """With the same random numbers: eval, training, gradients of the input."""
    ours = nas.compile(network)
    shape = ours.input_shape
    still(theirs)
    still(ours)
    batch = images(*shape)
    there, here = order(layers(theirs, batch[:2])), layers(ours, batch[:2])
    fill(theirs, seed=1)
    settle(theirs, batch, seed=2)
    copy(theirs, there, ours, here)
    for train in (False, True):
        theirs.train(train)
        ours.train(train)
        results = []
        for model in (theirs, ours):
            x = batch.clone().requires_grad_()
            y = model(x)
            (gradient,) = torch.autograd.grad((y * torch.linspace(-1, 1, y.shape[-1])).sum(), x)
            results.append((y.detach(), gradient))
        for a, b in zip(*results, strict=True):
            assert float((a - b).abs().max()) < 1e-4 * float(a.abs().max())
        assert float(results[1][0].std(0).mean()) > 0.01 * float(results[1][0].abs().max())
