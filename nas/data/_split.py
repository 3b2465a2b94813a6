"""A split of a data set: its images as bytes and their labels, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.errors import DataError

if TYPE_CHECKING:
    import torch
    from torch import Tensor


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

    def to(self, device: torch.device | str) -> Split:
        """The same split on `device`."""
        return Split(self.images.to(device), self.labels.to(device))

    def resized(self, height: int, width: int) -> Split:
        """The same split at `height` x `width` pixels: bilinear, averaged where smaller."""
        from torch.nn.functional import interpolate

        if self.images.shape[2:] == (height, width):
            return self
        # As floats, then rounded: torch's byte kernels round differently by processor.
        images = interpolate(self.images.float(), (height, width), mode="bilinear", antialias=True)
        return Split(images.round_().clamp_(0, 255).byte(), self.labels)
