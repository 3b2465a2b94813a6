"""Moving whole images: shifts and mirror images, a batch at a time."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad


def shifted(images: Tensor, pixels: int, random: torch.Generator) -> Tensor:
    """Each image (B, C, H, W) moved by up to `pixels` each way, zeros moving in; sizes are kept.

    The same as padding by `pixels` and cropping at random.
    Source: ResNet on CIFAR, arXiv:1512.03385, section 4.2.
    """
    count, _, height, width = images.shape
    padded = pad(images, (pixels,) * 4)
    device = images.device
    offsets = torch.randint(2 * pixels + 1, (2, count, 1), generator=random, device=device)
    rows = offsets[0] + torch.arange(height, device=device)
    columns = offsets[1] + torch.arange(width, device=device)
    which = torch.arange(count, device=device)[:, None, None]
    # Indexing puts the channels last: (B, H, W, C).
    return padded[which, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def mirrored(images: Tensor, random: torch.Generator) -> Tensor:
    """Each image (B, C, H, W) mirrored left to right with a chance of one half."""
    chosen = torch.rand(len(images), 1, 1, 1, generator=random, device=images.device) < 0.5
    return torch.where(chosen, images.flip(3), images)
