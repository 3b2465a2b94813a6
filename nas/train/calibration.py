"""Batch-norm statistics measured over data with the weights as they are."""

from __future__ import annotations

from itertools import islice

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from nas.train.feed import Feed
from nas.train.transfer import is_frozen


def calibrate(model: nn.Module, feed: Feed, batch: int = 256, images: int = 4096) -> None:
    """Every trained batch norm's running statistics become the mean of those of `feed`'s batches.

    Running averages lag behind weights that still change, badly so after a few dozen steps; these
    don't, and batches larger than training's tell the spread better. About `images` of the feed are
    passed, drawn by a fixed seed; weights, modes and the global random state are as before.
    Source: precise batch norm, arXiv:2105.07576, section 3.1.
    """
    norms = [each for each in model.modules() if isinstance(each, _BatchNorm)]
    norms = [each for each in norms if each.track_running_stats and not is_frozen(each)]
    if not norms:
        return
    momenta = [each.momentum for each in norms]
    modes = {each: each.training for each in model.modules()}
    model.eval()  # dropout and the like stay off: what is measured is what scoring will see
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # torch's way to say: a plain mean
            norm.train()
        with torch.inference_mode():
            mixed = feed.shuffled(batch, torch.Generator().manual_seed(0), None)
            for each, _ in islice(mixed, -(-images // batch)):
                model(each)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for module, mode in modes.items():
            module.training = mode
