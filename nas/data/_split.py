"""A split of a data set: its images as bytes and their labels, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from nas.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

KEPT = 1 << 29  # bytes of a resized split that is kept for the next who asks
CHUNK = 4096  # images resized at a time, as floats


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Images (N, C, H, W) as unsigned bytes, 255 for full brightness, and labels (N,) as integers.

    Raises `DataError` where the two don't fit together.
    """

    images: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        import torch

        if self.images.ndim != 4 or self.images.dtype != torch.uint8:
            raise DataError(
                "a split's images must be bytes of shape (N, C, H, W), but got "
                f"{self.images.dtype} of shape {tuple(self.images.shape)}"
            )
        if self.labels.shape != self.images.shape[:1] or self.labels.dtype != torch.int64:
            raise DataError(
                f"a split's labels must be {len(self.images)} int64 values, one per image, but got "
                f"{self.labels.dtype} of shape {tuple(self.labels.shape)}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def chosen(self, index: NDArray[np.intp]) -> Split:
        """The images and labels at the places in `index`."""
        import torch

        places = torch.from_numpy(index)
        return Split(self.images[places], self.labels[places])

    def checked(self, place: str, classes: Sequence[str]) -> Split:
        """The same split, once it is sure that it holds each of `classes` and no other.

        Raises `DataError`, which begins with `place`.
        """
        check(self.labels, place, classes)
        return self

    def to(self, device: torch.device | str) -> Split:
        """The same split on `device`."""
        return Split(self.images.to(device), self.labels.to(device))

    def resized(self, height: int, width: int) -> Split:
        """The same split at `height` x `width` pixels: bilinear, averaged where smaller."""
        if self.images.shape[2:] == (height, width):
            return self
        small = len(self) * self.images.shape[1] * height * width <= KEPT
        return (_resized_once if small else _resized)(self, height, width)


def _resized(split: Split, height: int, width: int) -> Split:
    import torch
    from torch.nn.functional import interpolate

    # As floats, then rounded: torch's byte kernels round differently by processor.
    resized = [
        interpolate(chunk.float(), (height, width), mode="bilinear", antialias=True)
        .round_()
        .clamp_(0, 255)
        .byte()
        for chunk in torch.split(split.images, CHUNK)
    ]
    return Split(torch.cat(resized), split.labels)


_resized_once = lru_cache(maxsize=3)(_resized)  # candidates of one size train in turn


def check(labels: Tensor, place: str, classes: Sequence[str]) -> None:
    """Make sure that every one of `classes` has an image and every label is a class."""
    counts = labels.bincount(minlength=len(classes))
    if len(counts) > len(classes):
        raise DataError(
            f"{place}: labels must be 0 to {len(classes) - 1}, but one is {len(counts) - 1}"
        )
    missing = [name for name, count in zip(classes, counts.tolist(), strict=True) if not count]
    if missing:
        named = ", ".join(repr(name) for name in missing[:3])
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise DataError(
            f"{place}: there is no image of class {named}{more}; every split needs all "
            f"{len(classes)} classes"
        )
