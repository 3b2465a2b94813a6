"""A split as training and scoring read it: batches of normalised images on the device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from nas.data import DataSet, Pictures, Split
from nas.errors import DataError
from nas.train.augment import Augmentation, cropped, mirrored, shifted
from nas.train.stream import streamed, usual_workers
from nas.train.team import Team

PLAIN = Augmentation()
ALONE = Team()


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """A split whose batches are cut, augmented and normalised on the device.

    A `Split` lies there as one tensor of bytes; `Pictures` are decoded by `workers` processes.
    """

    data: DataSet
    split: Split | Pictures
    device: torch.device
    mean: Tensor  # (1, C, 1, 1)
    std: Tensor  # (1, C, 1, 1)
    augmentation: Augmentation = PLAIN
    workers: int = 0

    @classmethod
    def of(
        cls,
        data: DataSet,
        split: Split | Pictures,
        device: torch.device,
        augmentation: Augmentation = PLAIN,
        workers: int | None = None,
    ) -> Feed:
        """A feed of `split`, a part of `data`, moved to `device`; `shuffled` augments.

        As many processes as there are processors decode `Pictures`, unless `workers` says how many.
        """
        mean, std = (torch.tensor(each).view(1, -1, 1, 1) for each in (data.mean, data.std))
        if isinstance(split, Split):
            split = split.to(device)
        if workers is None:
            workers = usual_workers()
        return cls(data, split, device, mean.to(device), std.to(device), augmentation, workers)

    def steps(self, batch: int) -> int:
        """Steps an epoch takes in batches of at most `batch` images, two or more where possible."""
        images = len(self.split)
        return max(1, min(-(-images // batch), images // 2))

    def shuffled(
        self,
        batch: int,
        order: torch.Generator,
        augment: torch.Generator | None,
        team: Team = ALONE,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """One epoch: every image once, in `order`'s order, augmented by `augment` where given.

        Images (B, C, H, W) are normalised; labels are (B,), or soft (B, classes) where images are
        mixed.

        Batches differ in size by at most one image, so that none is too small for batch norm:
        1,078 images in batches of at most 64 are 17 steps of 63 or 64. One of a `team` gets its
        part of each: of a `Split` cut from the whole, augmented alike in every process; `Pictures`
        of others aren't even decoded.
        Raises `DataError` where there is only one image to train on.
        """
        count = len(self.split)
        if count < 2:
            raise DataError(f"{self.data.name}: training needs at least 2 images, but got {count}")
        # Drawn on the CPU, so that the order is the same whatever the device.
        drawn = torch.randperm(count, generator=order)
        whole = ALONE if isinstance(self.split, Pictures) else team  # of what is still in one
        for images, labels in self._raw(drawn, self.steps(batch), augment, team):
            if augment is None:
                batched = self._normalised(images), labels
            else:
                moved = self._normalised(self._moved(images, augment))
                classes = len(self.data.classes)
                batched = self.augmentation.normalised(moved, labels, classes, augment)
            yield whole.part(batched[0]), whole.part(batched[1])

    def ordered(self, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Every image once, in the split's own order, unmoved; the last batch may be smaller."""
        if isinstance(self.split, Pictures):
            places = torch.split(torch.arange(len(self.split)), batch)
            for images, labels in streamed(self.split, places, self.device, None, self.workers):
                yield self._normalised(images), labels
            return
        for start in range(0, len(self.split), batch):
            chosen = slice(start, start + batch)
            yield self._normalised(self.split.images[chosen]), self.split.labels[chosen]

    def _raw(
        self, order: Tensor, steps: int, augment: torch.Generator | None, team: Team
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Images as bytes, cropped at random where their data set allows, and labels."""
        crop = augment if self.data.crop else None
        if isinstance(self.split, Pictures):
            # cropped where they are decoded, while there are more pixels than the network sees
            seed = None if crop is None else _drawn(crop)
            batches = [team.part(each) for each in order.tensor_split(steps)]
            yield from streamed(self.split, batches, self.device, seed, self.workers)
            return
        for chosen in order.to(self.device).tensor_split(steps):
            images = self.split.images[chosen]
            if crop is not None:
                images = cropped(images, crop)
            yield images, self.split.labels[chosen]

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


def _drawn(random: torch.Generator) -> int:
    """A seed for what is drawn elsewhere than on the generator's device."""
    return int(torch.randint(2**62, (), generator=random, device=random.device))
