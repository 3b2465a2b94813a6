"""Jacobian covariance: how differently the network answers to different images. Source: Neural
architecture search without training, arXiv:2006.04647, first version, equation 5."""

from __future__ import annotations

import torch

from nas.evaluate.zero_cost._probe import Probe, logits

SMALL = 1e-5


def score(probe: Probe) -> float:
    """Minus the sum over eigenvalues v of log(v + k) + 1 / (v + k), k = 1e-5, of the correlation
    between the images' Jacobians; always negative, near -N where they are independent."""
    model = probe.network()
    images = probe.images.clone().requires_grad_(True)
    output = logits(model, images)
    (jacobian,) = torch.autograd.grad(
        output, images, torch.ones_like(output), materialize_grads=True
    )
    correlation = torch.corrcoef(jacobian.flatten(1).double())
    # A network that passes nothing on has a Jacobian of zeros, which correlates with nothing.
    values = torch.linalg.eigvalsh(correlation.nan_to_num()).clamp(min=0)
    return -float((values + SMALL).log().sum() + (1 / (values + SMALL)).sum())
