"""The operations that policies draw from, by name, and how each image of a batch gets its own.

A level from 0 to 10 says how strong an operation is; a scale says what that means to each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from nas.train.augment import tones, warps

LEVELS = 10  # the highest level

Apply = Callable[[Tensor, Tensor], Tensor]  # images (B, C, H, W), amounts (B,) -> images
Amount = Callable[[Tensor, Tensor], Tensor]  # shares of the highest level, signs -> amounts
Scale = Mapping[str, Amount]

OPERATIONS: Mapping[str, Apply] = {
    "identity": lambda images, _: images,
    "autocontrast": lambda images, _: tones.autocontrast(images),
    "equalize": lambda images, _: tones.equalize(images),
    "invert": lambda images, _: tones.invert(images),
    "rotate": warps.rotate,
    "posterize": tones.posterize,
    "solarize": tones.solarize,
    "solarize_add": tones.solarize_add,
    "color": tones.color,
    "contrast": tones.contrast,
    "brightness": tones.brightness,
    "sharpness": tones.sharpness,
    "shear_x": warps.shear_x,
    "shear_y": warps.shear_y,
    "translate_x": lambda images, share: warps.translate_x(images, share * images.shape[3]),
    "translate_y": lambda images, share: warps.translate_y(images, share * images.shape[2]),
}


def unused(share: Tensor, sign: Tensor) -> Tensor:
    """What an operation without an amount gets."""
    return share


def angle(share: Tensor, sign: Tensor) -> Tensor:
    """Up to 30 degrees either way."""
    return 30 * share * sign


def slope(share: Tensor, sign: Tensor) -> Tensor:
    """Up to 0.3 either way."""
    return 0.3 * share * sign


def distance(share: Tensor, sign: Tensor) -> Tensor:
    """Up to AutoAugment's 150 pixels of its 331 either way, as a share of the side."""
    return 150 / 331 * share * sign


MOVES: Scale = {
    "rotate": angle,
    "shear_x": slope,
    "shear_y": slope,
    "translate_x": distance,
    "translate_y": distance,
}
FIXED: Scale = {"identity": unused, "autocontrast": unused, "equalize": unused}


def applied(
    images: Tensor, scale: Scale, chosen: Tensor, share: Tensor, random: torch.Generator
) -> Tensor:
    """Each image (B, C, H, W) after the operation that `chosen` (B,) numbers in `scale`.

    `share` (B,) is its level as a share of the highest; signs are drawn.
    """
    sign = torch.randint(2, (len(images),), generator=random, device=images.device) * 2 - 1
    places: dict[int, list[int]] = {}
    for place, number in enumerate(chosen.tolist()):
        places.setdefault(number, []).append(place)
    done = images.clone()
    for number, (name, amount) in enumerate(scale.items()):
        if number in places and name != "identity":
            rows = torch.tensor(places[number], device=images.device)
            done[rows] = OPERATIONS[name](images[rows], amount(share[rows], sign[rows]))
    return done
