"""Operations on the brightness and colour of images, a batch of bytes at a time, as Pillow's.

Images are unsigned bytes (B, C, H, W) with one or three channels; `factor`, `bits` and `threshold`
hold one value per image (B,). Factors are those of `PIL.ImageEnhance`: 0 takes the property away, 1
keeps the image, above 1 exaggerates.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nas.train.augment.masks import where

LUMA = (19595, 38470, 7471)  # of red, green and blue in 65,536 parts: ITU-R 601-2 as in Pillow


def invert(images: Tensor) -> Tensor:
    """Every pixel's complement."""
    return 255 - images


def solarize(images: Tensor, threshold: Tensor) -> Tensor:
    """Pixels of at least `threshold` (0 to 256) become their complement."""
    least = _each(threshold).ceil()
    bright = (images >= least.clamp(0, 255).byte()) & (least <= 255)
    return where(bright, 255 - images, images)


def solarize_add(images: Tensor, amount: Tensor) -> Tensor:
    """`amount` is added to the pixels below 128."""
    added = _each(amount.clamp(0, 255).byte())
    return where(images < 128, images.minimum(255 - added) + added, images)


def posterize(images: Tensor, bits: Tensor) -> Tensor:
    """Only the `bits` (0 to 8) most significant bits of each pixel are kept."""
    return images & (256 - torch.bitwise_left_shift(1, 8 - _each(bits.int()))).byte()


def brightness(images: Tensor, factor: Tensor) -> Tensor:
    """Mixed with black."""
    return _mixed(torch.zeros_like(images), images, factor)


def color(images: Tensor, factor: Tensor) -> Tensor:
    """Mixed with its grey version; a grey image stays as it is."""
    return _mixed(_grey(images), images, factor)


def contrast(images: Tensor, factor: Tensor) -> Tensor:
    """Mixed with the mean of its grey version."""
    grey = _grey(images)
    total = grey.sum((1, 2, 3), keepdim=True, dtype=torch.int64)
    mean = (total.double() / grey[0].numel() + 0.5).floor()
    return _mixed(mean, images, factor)


def sharpness(images: Tensor, factor: Tensor) -> Tensor:
    """Mixed with a version smoothed by a 3 x 3 kernel; the border's pixels stay."""
    if min(images.shape[2:]) < 3:
        return images
    wide = images.float()
    rows = wide[:, :, :-2] + wide[:, :, 1:-1] + wide[:, :, 2:]
    total = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:] + 4 * wide[:, :, 1:-1, 1:-1]
    smooth = images.clone()
    smooth[:, :, 1:-1, 1:-1] = (total / 13 + 0.5).byte()
    return _mixed(smooth, images, factor)


def autocontrast(images: Tensor) -> Tensor:
    """Each channel stretched so that its darkest pixel is 0 and its brightest 255."""
    flat = images.flatten(2)
    low, high = flat.amin(2, keepdim=True).double(), flat.amax(2, keepdim=True).double()
    scale = torch.where(high > low, 255 / (high - low).clamp(min=1), 1)
    offset = torch.where(high > low, -low * scale, 0)
    table = torch.arange(256, device=images.device) * scale + offset
    return _looked_up(table, images)


def equalize(images: Tensor) -> Tensor:
    """Each channel's histogram flattened: about as many pixels at every brightness."""
    count, channels = images.shape[:2]
    flat = images.flatten(2).long()
    maps = torch.arange(count * channels, device=images.device).view(count, channels, 1)
    bins = (maps * 256 + flat).flatten().bincount(minlength=count * channels * 256)
    histogram = bins.view(count, channels, 256)
    brightest = histogram.gather(2, flat.amax(2, keepdim=True))
    step = (flat.shape[2] - brightest) // 255
    before = histogram.cumsum(2) - histogram
    table = (step // 2 + before) // step.clamp(min=1)
    return where((step > 0)[..., None], _looked_up(table, images), images)


def _each(values: Tensor) -> Tensor:
    """One value per image, shaped to work on (B, C, H, W)."""
    return values.view(-1, 1, 1, 1)


def _grey(images: Tensor) -> Tensor:
    """The brightness (B, 1, H, W) of each pixel."""
    if images.shape[1] == 1:
        return images
    weights = torch.tensor(LUMA, device=images.device, dtype=torch.int32).view(1, 3, 1, 1)
    return ((images.int() * weights).sum(1, keepdim=True) + 0x8000 >> 16).byte()


def _mixed(plain: Tensor, images: Tensor, factor: Tensor) -> Tensor:
    """From `plain` at factor 0 over the images at 1 to beyond; fractions are cut off."""
    start = plain.float()
    return (start + _each(factor.float()) * (images.float() - start)).clamp_(0, 255).byte()


def _looked_up(table: Tensor, images: Tensor) -> Tensor:
    """Each pixel's value in its image's and channel's table (B, C, 256); fractions are cut off."""
    values = table.clamp(0, 255).byte()
    return values.gather(2, images.flatten(2).long()).view(images.shape)
