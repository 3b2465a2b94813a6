"""Batches of pictures too many for memory: decoded by worker processes, ahead of the training."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from nas.data._pictures import Damage

if TYPE_CHECKING:
    from nas.data import Pictures

MOST_WORKERS = 16
AHEAD = 4  # batches that each worker prepares before they are asked for

Batch = tuple[Tensor, Tensor, list[tuple[str, str]]]  # images, labels, damaged files


def usual_workers() -> int:
    """One process for each processor this one may use, up to 16."""
    return min(MOST_WORKERS, len(os.sched_getaffinity(0)))


def streamed(
    pictures: Pictures,
    batches: Sequence[Tensor],
    device: torch.device,
    seed: int | None,
    workers: int,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Images (B, 3, H, W) as bytes and labels (B,) on `device`, in the order of `batches`.

    Each of `batches` holds places among `pictures`. With a `seed` a random part of each picture is
    taken, the same whichever of the `workers` processes decodes it; 0 workers decode in this one.
    Damaged files leave their batch smaller by one.
    """
    loader: DataLoader[Batch] = DataLoader(
        _Decoding(pictures, seed),
        batch_size=None,  # the items are batches
        sampler=batches,
        num_workers=workers,
        prefetch_factor=AHEAD if workers else None,
        pin_memory=device.type == "cuda",
    )
    damage = Damage(pictures)
    for images, labels, damaged in loader:
        for file, reason in damaged:
            damage.add(file, reason)
        if len(labels):
            yield images.to(device, non_blocking=True), labels.to(device, non_blocking=True)


@dataclass(frozen=True, slots=True)
class _Decoding(Dataset[Batch]):
    """What a worker process does for one batch."""

    pictures: Pictures
    seed: int | None

    def __getitem__(self, places: Tensor) -> Batch:
        images, labels, damaged = [], [], []
        for place in places.tolist():
            chance = None if self.seed is None else random.Random(f"{self.seed} {place}")
            image = self.pictures.image(place, chance)
            if isinstance(image, str):
                damaged.append((self.pictures.files[place], image))
            else:
                images.append(image)
                labels.append(place)
        stacked = torch.stack(images) if images else torch.empty(0, dtype=torch.uint8)
        return stacked, self.pictures.labels[labels], damaged
