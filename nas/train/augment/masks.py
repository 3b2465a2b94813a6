"""Choosing between two images pixel by pixel."""

from __future__ import annotations

import torch
from torch import Tensor


def where(mask: Tensor, images: Tensor, others: Tensor) -> Tensor:
    """Pixels (bytes) of `images` where `mask` is true, of `others` elsewhere; shapes broadcast.

    The same as `torch.where`, which goes through bytes one by one on a CPU; arithmetic doesn't.
    """
    return others ^ ((images ^ others) * mask.view(torch.uint8))
