"""Operations that move an image's pixels, a batch of bytes at a time, as Pillow's nearest ones.

Images are unsigned bytes (B, C, H, W), the amounts hold one value per image (B,). What comes in
from beyond the border is grey, as in AutoAugment.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from nas.train.augment.masks import where

GREY = 128


def shear_x(images: Tensor, amount: Tensor) -> Tensor:
    """Each row moved left by `amount` of its distance from the top edge."""
    return _warped(images, _rows((1, amount, 0), (0, 1, 0), amount))


def shear_y(images: Tensor, amount: Tensor) -> Tensor:
    """Each column moved up by `amount` of its distance from the left edge."""
    return _warped(images, _rows((1, 0, 0), (amount, 1, 0), amount))


def translate_x(images: Tensor, pixels: Tensor) -> Tensor:
    """Moved left by `pixels`."""
    return _warped(images, _rows((1, 0, pixels), (0, 1, 0), pixels))


def translate_y(images: Tensor, pixels: Tensor) -> Tensor:
    """Moved up by `pixels`."""
    return _warped(images, _rows((1, 0, 0), (0, 1, pixels), pixels))


def rotate(images: Tensor, degrees: Tensor) -> Tensor:
    """Turned counter-clockwise around the middle."""
    angle = degrees.double() * (math.pi / 180)
    cos, sin = angle.cos(), angle.sin()
    x, y = images.shape[3] / 2, images.shape[2] / 2
    top = (cos, -sin, x - cos * x + sin * y)
    bottom = (sin, cos, y - sin * x - cos * y)
    return _warped(images, _rows(top, bottom, angle))


def _rows(
    top: tuple[Tensor | float, ...], bottom: tuple[Tensor | float, ...], like: Tensor
) -> Tensor:
    """Matrices (B, 2, 3) that take a place in the result to the place in the image it shows."""
    whole = torch.zeros(len(like), dtype=torch.float64, device=like.device)
    return torch.stack([whole + each for each in (*top, *bottom)], 1).view(-1, 2, 3)


def _warped(images: Tensor, matrix: Tensor) -> Tensor:
    """Every pixel of the result is that which its own centre comes from, grey from outside."""
    count, channels, height, width = images.shape
    device = images.device
    # in double precision: places half-way between two pixels are common, and must not wander
    x = (torch.arange(width, device=device, dtype=torch.float64) + 0.5)[None, None, :]
    y = (torch.arange(height, device=device, dtype=torch.float64) + 0.5)[None, :, None]
    (a, b, c), (d, e, f) = (row.unbind(1) for row in matrix[..., None, None].unbind(1))
    column = (a * x + b * y + c).floor().long()
    row = (d * x + e * y + f).floor().long()
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    place = row.clamp(0, height - 1) * width + column.clamp(0, width - 1)
    index = place.view(count, 1, -1).expand(-1, channels, -1)
    found = images.flatten(2).gather(2, index).view(images.shape)
    return where(inside[:, None], found, torch.full_like(found[:1, :1], GREY))
