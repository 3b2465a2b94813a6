"""Moving whole images: shifts, mirror images and random crops, a batch at a time."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, pad

from nas.train.augment.masks import where

AREA = (0.08, 1.0)  # of a random crop, share of the image
ASPECT = (3 / 4, 4 / 3)  # of a random crop, width by height


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
    """Each image of bytes (B, C, H, W) mirrored left to right with a chance of one half."""
    chosen = torch.rand(len(images), 1, 1, 1, generator=random, device=images.device) < 0.5
    return where(chosen, images.flip(3), images)


def cropped(images: Tensor, random: torch.Generator) -> Tensor:
    """A random part of each image of bytes (B, C, H, W), brought back to its size (bilinear).

    8 % to 100 % of the area at an aspect of 3:4 to 4:3, less where a side would be longer than the
    image's.
    Source: GoogLeNet, arXiv:1409.4842, section 6.
    """
    area, aspect, x, y = torch.rand(4, len(images), generator=random, device=images.device)
    area = AREA[0] + area * (AREA[1] - AREA[0])
    low, high = math.log(ASPECT[0]), math.log(ASPECT[1])
    aspect = torch.exp(low + aspect * (high - low))
    ratio = images.shape[3] / images.shape[2]
    # of the part, as shares of the image's sides, and where its centre lies from -1 to 1
    wide, tall = (
        (area * aspect / ratio).sqrt().clamp(max=1),
        (area / aspect * ratio).sqrt().clamp(max=1),
    )
    x, y = (1 - wide) * (2 * x - 1), (1 - tall) * (2 * y - 1)
    zero = torch.zeros_like(x)
    theta = torch.stack([wide, zero, x, zero, tall, y], 1).view(-1, 2, 3)
    grid = affine_grid(theta, list(images.shape), align_corners=False)
    parts = grid_sample(images.float(), grid, padding_mode="border", align_corners=False)
    return parts.round_().clamp_(0, 255).byte()
