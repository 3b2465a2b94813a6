"""SynFlow: the flow through all paths of the network. Source: arXiv:2006.05467; summed over the
network, without norms, as in arXiv:2101.08134, section 3.1."""

from __future__ import annotations

import math

import torch

from nas.evaluate.zero_cost._probe import Probe, logits, total, weights, without_norms


def score(probe: Probe) -> float:
    """The logarithm of the sum of |weight| * gradient, for an input of ones and all parameters
    made positive; it needs no data.

    In double precision and as a logarithm, since it is a product over the layers; the order of
    candidates is that of the sum. Minus infinity where nothing flows.
    """
    model = without_norms(probe.network()).double().eval()
    with torch.no_grad():
        for value in model.state_dict().values():
            value.abs_()
    ones = torch.ones_like(probe.images[:1], dtype=torch.float64)
    held = weights(model)
    gradients = torch.autograd.grad(logits(model, ones).sum(), held, allow_unused=True)
    pairs = zip(held, gradients, strict=True)
    flow = total((w * g).sum() for w, g in pairs if g is not None)
    return math.log(flow) if flow > 0 else -math.inf
