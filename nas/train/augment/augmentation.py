"""Which augmentations a training uses, and in what order they come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.errors import UsageError, nearest

if TYPE_CHECKING:
    import torch
    from torch import Tensor

POLICIES = ("none", "autoaugment", "randaugment")


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What is done to training images beyond the shifts and mirror images their data set allows.

    `cutout` is the side of the hole in pixels, `erase` the chance of a rectangle of noise, `mixup`
    and `cutmix` are the alphas of their Beta distributions; 0 leaves each out. With both alphas,
    each batch takes one or the other by a chance of one half. `policy` is one of `none`,
    `autoaugment` and `randaugment`; `operations`, `magnitude` (0 to 10) and `spread` are the
    latter's.
    """

    cutout: int = 0
    erase: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    policy: str = "none"
    operations: int = 2
    magnitude: float = 9.0
    spread: float = 0.0

    def __post_init__(self) -> None:
        rules = (
            (self.cutout >= 0, "cutout", self.cutout, "0 (none) or more pixels"),
            (0 <= self.erase <= 1, "erase", self.erase, "a chance from 0 to 1"),
            (self.mixup >= 0, "mixup", self.mixup, "0 (none) or more"),
            (self.cutmix >= 0, "cutmix", self.cutmix, "0 (none) or more"),
            (1 <= self.operations <= 10, "operations", self.operations, "from 1 to 10"),
            (0 <= self.magnitude <= 10, "magnitude", self.magnitude, "from 0 to 10"),
            (self.spread >= 0, "spread", self.spread, "0 (none) or more"),
        )
        for holds, field, value, rule in rules:
            if not holds:
                raise UsageError(f"augmentation: {field} must be {rule}, but got {value}")
        if self.policy not in POLICIES:
            hint = nearest(self.policy, POLICIES) or f"; there are {', '.join(POLICIES)}"
            raise UsageError(f"augmentation: policy {self.policy!r} is not known{hint}")

    def raw(self, images: Tensor, random: torch.Generator) -> Tensor:
        """Images (B, C, H, W) as bytes, each after what the policy drew for it."""
        from nas.train.augment import RandAugment, autoaugment

        if self.policy == "autoaugment":
            return autoaugment(images, random)
        if self.policy == "randaugment":
            return RandAugment(self.operations, self.magnitude, self.spread)(images, random)
        return images

    def normalised(
        self, images: Tensor, labels: Tensor, classes: int, random: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Normalised images (B, C, H, W) with holes and mixed; labels (B,), or soft (B, classes).

        Soft labels are shares of the classes that add up to 1, as `cross_entropy` takes them.
        """
        from nas.train.augment import blended, cutmix, cutout, erased, mixup

        if self.cutout:
            images = cutout(images, self.cutout, random)
        if self.erase:
            images = erased(images, self.erase, random)
        if self.mixup and self.cutmix:
            return blended(images, labels, classes, (self.mixup, self.cutmix), random)
        if self.mixup:
            return mixup(images, labels, classes, self.mixup, random)
        if self.cutmix:
            return cutmix(images, labels, classes, self.cutmix, random)
        return images, labels
