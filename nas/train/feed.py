"""A split on the device: batches of normalised images for training and for scoring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from nas.data import DataSet, Split
from nas.errors import DataError
from nas.train.augment import Augmentation, mirrored, shifted

PLAIN = Augmentation()


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """A whole split as one tensor of bytes on the device; batches are cut and normalised there."""

    data: DataSet
    split: Split
    mean: Tensor  # (1, C, 1, 1)
    std: Tensor  # (1, C, 1, 1)
    augmentation: Augmentation = PLAIN

    @classmethod
    def of(
        cls,
        data: DataSet,
        split: Split,
        device: torch.device,
        augmentation: Augmentation = PLAIN,
    ) -> Feed:
        """A feed of `split`, a part of `data`, moved to `device`; `shuffled` augments."""
        mean, std = (torch.tensor(each).view(1, -1, 1, 1) for each in (data.mean, data.std))
        return cls(data, split.to(device), mean.to(device), std.to(device), augmentation)

    def steps(self, batch: int) -> int:
        """Steps an epoch takes in batches of at most `batch` images, two or more where possible."""
        images = len(self.split)
        return max(1, min(-(-images // batch), images // 2))

    def shuffled(
        self, batch: int, order: torch.Generator, augment: torch.Generator | None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """One epoch: every image once, in `order`'s order, augmented by `augment` where given.

        Images (B, C, H, W) are normalised; labels are (B,), or soft (B, classes) where images are
        mixed.

        Batches differ in size by at most one image, so that none is too small for batch norm:
        1,078 images in batches of at most 64 are 17 steps of 63 or 64.
        Raises `DataError` where there is only one image to train on.
        """
        images, labels = self.split.images, self.split.labels
        if len(labels) < 2:
            raise DataError(
                f"{self.data.name}: training needs at least 2 images, but got {len(labels)}"
            )
        # Drawn on the CPU, so that the order is the same whatever the device.
        drawn = torch.randperm(len(labels), generator=order).to(labels.device)
        for chosen in drawn.tensor_split(self.steps(batch)):
            if augment is None:
                yield self._normalised(images[chosen]), labels[chosen]
            else:
                moved = self._normalised(self._moved(images[chosen], augment))
                classes = len(self.data.classes)
                yield self.augmentation.normalised(moved, labels[chosen], classes, augment)

    def ordered(self, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Every image once, in the split's own order, unmoved; the last batch may be smaller."""
        for start in range(0, len(self.split), batch):
            chosen = slice(start, start + batch)
            yield self._normalised(self.split.images[chosen]), self.split.labels[chosen]

    def _moved(self, images: Tensor, random: torch.Generator) -> Tensor:
        pixels = round(self.data.shift * images.shape[-1])
        if pixels:
            images = shifted(images, pixels, random)
        if self.data.flip:
            images = mirrored(images, random)
        return self.augmentation.raw(images, random)

    def _normalised(self, images: Tensor) -> Tensor:
        # Twice as fast as channels first for depthwise networks on a CPU; tensor cores want it.
        floats = images.to(torch.float32, memory_format=torch.channels_last)
        # Step by step as torchvision does it, so that a plain loop gets the same bits.
        return floats.div_(255).sub_(self.mean).div_(self.std)
