"""RandAugment: a few operations drawn anew for every image, all at one magnitude."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from nas.train.augment.operations import FIXED, LEVELS, MOVES, Scale, applied


def factor(share: Tensor, sign: Tensor) -> Tensor:
    """Away from 1 by up to 0.9, either way."""
    return 1 + 0.9 * share * sign


SCALE: Scale = {
    **FIXED,
    **MOVES,
    "posterize": lambda share, sign: 8 - (4 * share).round(),
    "solarize": lambda share, sign: 255 * (1 - share),
    "color": factor,
    "contrast": factor,
    "brightness": factor,
    "sharpness": factor,
}


@dataclass(frozen=True, slots=True)
class RandAugment:
    """For every image `operations` of the paper's 14, drawn with equal chances, at a `magnitude`.

    Magnitude 10 is the strongest; every operation grows with it. `spread` is the deviation of each
    draw around it. torchvision counts the same range in 30 steps, its default 9 is 3 here; timm's
    `rand-m9-mstd0.5-inc1` is magnitude 9, spread 0.5, with half of the operations left out.
    Source: RandAugment, arXiv:1909.13719, section 3, with torchvision's ranges.
    """

    operations: int = 2
    magnitude: float = 9.0
    spread: float = 0.0

    def __call__(self, images: Tensor, random: torch.Generator) -> Tensor:
        """Augmented copies of images (B, C, H, W) as bytes."""
        device, count = images.device, len(images)
        for _ in range(self.operations):
            chosen = torch.randint(len(SCALE), (count,), generator=random, device=device)
            level = torch.randn(count, generator=random, device=device) * self.spread
            share = ((level + self.magnitude) / LEVELS).clamp(0, 1)
            images = applied(images, SCALE, chosen, share, random)
        return images
