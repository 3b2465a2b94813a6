"""Augmentation of whole batches, on the device where they are; all chance is the generator's.

On bytes, before normalising: `shifted`, `mirrored` and the policies `autoaugment`, `RandAugment`.
On floats, after it: `cutout`, `erased`, and `mixup` and `cutmix`, which give soft labels.
An `Augmentation` says which of them a training uses.
"""

from nas.train.augment.augmentation import Augmentation
from nas.train.augment.holes import cutout, erased
from nas.train.augment.imagenet_policy import autoaugment
from nas.train.augment.mixes import blended, cutmix, mixup
from nas.train.augment.moves import mirrored, shifted
from nas.train.augment.randaugment import RandAugment

__all__ = [
    "Augmentation",
    "RandAugment",
    "autoaugment",
    "blended",
    "cutmix",
    "cutout",
    "erased",
    "mirrored",
    "mixup",
    "shifted",
]
