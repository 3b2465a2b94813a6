"""AutoAugment: sub-policies of two operations that a search found on ImageNet."""

from __future__ import annotations

import torch
from torch import Tensor

from nas.train.augment.operations import FIXED, LEVELS, MOVES, Scale, applied

# What levels mean in EfficientNet's training: posterize and solarize weaken as the level grows.
SCALE: Scale = {
    **FIXED,
    **MOVES,
    "invert": FIXED["identity"],
    "posterize": lambda share, sign: (4 * share).floor(),
    "solarize": lambda share, sign: (256 * share).floor(),
    "solarize_add": lambda share, sign: (110 * share).floor(),
    "color": lambda share, sign: 0.1 + 1.8 * share,
}

# (operation, chance, level), twice: policy "v0" of EfficientNet's code, which refines table 9 of
# the paper
Step = tuple[str, float, int]
IMAGENET: tuple[tuple[Step, Step], ...] = (
    (("equalize", 0.8, 1), ("shear_y", 0.8, 4)),
    (("color", 0.4, 9), ("equalize", 0.6, 3)),
    (("color", 0.4, 1), ("rotate", 0.6, 8)),
    (("solarize", 0.8, 3), ("equalize", 0.4, 7)),
    (("solarize", 0.4, 2), ("solarize", 0.6, 2)),
    (("color", 0.2, 0), ("equalize", 0.8, 8)),
    (("equalize", 0.4, 8), ("solarize_add", 0.8, 3)),
    (("shear_x", 0.2, 9), ("rotate", 0.6, 8)),
    (("color", 0.6, 1), ("equalize", 1.0, 2)),
    (("invert", 0.4, 9), ("rotate", 0.6, 0)),
    (("equalize", 1.0, 9), ("shear_y", 0.6, 3)),
    (("color", 0.4, 7), ("equalize", 0.6, 0)),
    (("posterize", 0.4, 6), ("autocontrast", 0.4, 7)),
    (("solarize", 0.6, 8), ("color", 0.6, 9)),
    (("solarize", 0.2, 4), ("rotate", 0.8, 9)),
    (("rotate", 1.0, 7), ("translate_y", 0.8, 9)),
    (("shear_x", 0.0, 0), ("solarize", 0.8, 4)),
    (("shear_y", 0.8, 0), ("color", 0.6, 4)),
    (("color", 1.0, 0), ("rotate", 0.6, 2)),
    (("equalize", 0.8, 4), ("equalize", 0.0, 8)),
    (("equalize", 1.0, 4), ("autocontrast", 0.6, 2)),
    (("shear_y", 0.4, 7), ("solarize_add", 0.6, 7)),
    (("posterize", 0.8, 2), ("solarize", 0.6, 10)),
    (("solarize", 0.6, 8), ("equalize", 0.6, 1)),
    (("color", 0.8, 6), ("rotate", 0.4, 5)),
)


def autoaugment(images: Tensor, random: torch.Generator) -> Tensor:
    """Images (B, C, H, W) as bytes, each after both steps of a sub-policy drawn for it.

    Shifts are in proportion to the image, so that any size is treated like the paper's.
    Source: AutoAugment, arXiv:1805.09501; table and levels as published with EfficientNet.
    """
    device, count, names = images.device, len(images), tuple(SCALE)
    drawn = torch.randint(len(IMAGENET), (count,), generator=random, device=device)
    for steps in zip(*IMAGENET, strict=True):
        operations, chances, levels = zip(*steps, strict=True)
        kinds = torch.tensor([names.index(each) for each in operations], device=device)[drawn]
        chance = torch.tensor(chances, device=device)[drawn]
        # in double precision, as an amount is cut off to whole numbers
        share = torch.tensor(levels, device=device, dtype=torch.float64)[drawn] / LEVELS
        kept = torch.rand(count, generator=random, device=device) < chance
        chosen = torch.where(kept, kinds, names.index("identity"))
        images = applied(images, SCALE, chosen, share, random)
    return images
