"""Holes in images: cutout and random erasing, a batch at a time."""

from __future__ import annotations

import math

import torch
from torch import Tensor

AREA = (0.02, 1 / 3)  # of a random hole, share of the image
ASPECT = (0.3, 1 / 0.3)  # of a random hole, height by width


def cutout(images: Tensor, side: int, random: torch.Generator) -> Tensor:
    """Each image (B, C, H, W) with a square of `side` pixels set to zero around a random pixel.

    Squares reach over the border and lose what lies beyond. Zero is the mean of normalised images.
    Source: cutout, arXiv:1708.04552, section 3.
    """
    count, _, height, width = images.shape
    drawn = torch.rand(2, count, generator=random, device=images.device)
    size = torch.tensor([[height], [width]], device=images.device)
    start = (drawn * size).long() - side // 2
    return torch.where(boxes(start, start + side, height, width), 0, images)


def erased(images: Tensor, chance: float, random: torch.Generator) -> Tensor:
    """Each normalised image (B, C, H, W), by `chance`, with a random rectangle of noise.

    The rectangle takes 2 % to 33 % of the image at an aspect of 0.3 to 3.3, less where a side would
    be longer than the image's; its noise is normal with deviation 1.
    Source: random erasing with random values, arXiv:1708.04896, section 3.
    """
    count, _, height, width = images.shape
    chosen, area, aspect, *place = torch.rand(5, count, generator=random, device=images.device)
    area = (AREA[0] + area * (AREA[1] - AREA[0])) * height * width
    low, high = math.log(ASPECT[0]), math.log(ASPECT[1])
    aspect = torch.exp(low + aspect * (high - low))
    size = torch.stack([(area * aspect).sqrt(), (area / aspect).sqrt()]).round().long()
    limit = torch.tensor([[height], [width]], device=images.device)
    size = size.clamp(min=1).minimum(limit) * (chosen < chance)
    start = (torch.stack(place) * (limit - size + 1)).long()
    noise = torch.empty_like(images).normal_(generator=random)
    return torch.where(boxes(start, start + size, height, width), noise, images)


def boxes(start: Tensor, stop: Tensor, height: int, width: int) -> Tensor:
    """Masks (B, 1, H, W), true within the boxes whose (rows, columns) run from `start` to `stop`.

    Both are of shape (2, B); what lies beyond the image is cut off.
    """
    rows, columns = (
        _between(first, after, length)
        for first, after, length in zip(start, stop, (height, width), strict=True)
    )
    return (rows[:, :, None] & columns[:, None, :])[:, None]


def _between(first: Tensor, after: Tensor, length: int) -> Tensor:
    along = torch.arange(length, device=first.device)
    return (along >= first[:, None]) & (along < after[:, None])
