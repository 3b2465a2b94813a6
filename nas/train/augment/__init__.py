"""Augmentation of whole batches, on the device where they are; all chance is the generator's.

On bytes, before normalising: `cropped`, `shifted`, `mirrored` and the policies `autoaugment` and
`RandAugment`.
On floats, after it: `cutout`, `erased`, and `mixup` and `cutmix`, which give soft labels.
An `Augmentation` says which of them a training uses.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nas.train.augment.augmentation import Augmentation

if TYPE_CHECKING:
    from nas.train.augment.holes import cutout, erased
    from nas.train.augment.imagenet_policy import autoaugment
    from nas.train.augment.mixes import blended, cutmix, mixup
    from nas.train.augment.moves import cropped, mirrored, shifted
    from nas.train.augment.randaugment import RandAugment

__all__ = [
    "Augmentation",
    "RandAugment",
    "autoaugment",
    "blended",
    "cropped",
    "cutmix",
    "cutout",
    "erased",
    "mirrored",
    "mixup",
    "shifted",
]

_HOMES = {
    "RandAugment": "randaugment",
    "autoaugment": "imagenet_policy",
    "blended": "mixes",
    "cropped": "moves",
    "cutmix": "mixes",
    "cutout": "holes",
    "erased": "holes",
    "mirrored": "moves",
    "mixup": "mixes",
    "shifted": "moves",
}


def __getattr__(name: str) -> Any:
    # Loaded on first use: a recipe names augmentations without torch.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
