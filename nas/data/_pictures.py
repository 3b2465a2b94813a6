"""A split of a data set whose images are picture files, decoded when they are asked for."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from nas.data._picture import CORRUPT, cropped, opened, sides, viewed
from nas.data._split import Split, check
from nas.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

MEMORY = 1 << 30  # bytes of decoded images that are kept, rather than decoded in every epoch
FORGIVEN = 0.01  # share of the files that may be damaged
LEAST_FORGIVEN = 5  # files that may be damaged, however few there are
SAMPLE = 100  # files that tell how large pictures usually are
STEP, LEAST = 16, 32  # pixels: what a usual side is a multiple of, and the least that it can be


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Picture files below `root`, their labels (N,), and the size they are decoded to, in pixels.

    Damaged files are skipped and named in the log, up to a limit.
    """

    root: Path
    files: tuple[str, ...]
    labels: Tensor
    height: int
    width: int

    def __len__(self) -> int:
        return len(self.files)

    def chosen(self, index: NDArray[np.intp]) -> Pictures:
        """The files and labels at the places in `index`."""
        import torch

        files = tuple(self.files[place] for place in index.tolist())
        return replace(self, files=files, labels=self.labels[torch.from_numpy(index)])

    def checked(self, place: str, classes: Sequence[str]) -> Pictures:
        """The same files, once it is sure that they hold each of `classes` and no other."""
        check(self.labels, place, classes)
        return self

    def resized(self, height: int, width: int) -> Split | Pictures:
        """The same files at another size; decoded, where they fit into memory."""
        sized = replace(self, height=height, width=width)
        if len(self) * 3 * height * width > MEMORY:
            return sized
        return _decoded(self.root, self.files, tuple(self.labels.tolist()), height, width)

    def side(self) -> int:
        """How many pixels the shorter sides usually have: the median of a hundred files' headers,
        to the nearest multiple of 16, at least 32.

        Raises `DataError` where none of them is a picture.
        """
        every = max(1, len(self) // SAMPLE)
        found, reason = [], ""
        for file in self.files[::every]:
            try:
                found.append(min(sides(self.root / file)))
            except CORRUPT as error:
                reason = str(error)
        if not found:
            raise DataError(
                f"{self.root}: none of {len(self.files[::every])} files that were looked at is a "
                f"picture that can be decoded, such as {self.files[0]}: {reason}; replace them"
            )
        return max(LEAST, STEP * round(median(found) / STEP))

    def loaded(self) -> Split:
        """All images as they are scored, in memory."""
        import torch

        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            images = list(pool.map(self.image, range(len(self))))
        damage = Damage(self)
        for file, image in zip(self.files, images, strict=True):
            if isinstance(image, str):
                damage.add(file, image)
        whole = [each for each in images if not isinstance(each, str)]
        kept = torch.tensor([not isinstance(each, str) for each in images])
        return Split(torch.stack(whole), self.labels[kept])

    def image(self, place: int, chance: random.Random | None = None) -> Tensor | str:
        """The image at `place` as bytes (3, H, W); or a text that says what is wrong with its file.

        As it is scored, or with a `chance` as it is trained on: a random part of it.
        """
        import numpy as np
        import torch

        try:
            image = opened(self.root / self.files[place])
            if chance is None:
                sized = viewed(image, self.height, self.width)
            else:
                sized = cropped(image, self.height, self.width, chance)
        except CORRUPT as error:
            return str(error) or type(error).__name__
        return torch.from_numpy(np.array(sized)).permute(2, 0, 1)


@dataclass(slots=True)
class Damage:
    """The damaged files among `pictures` that were met so far; each is named once."""

    pictures: Pictures
    files: dict[str, str] = field(default_factory=dict)

    def add(self, file: str, reason: str) -> None:
        """Note that `file` can't be decoded.

        Raises `DataError` where that is one too many.
        """
        if file in self.files:
            return
        self.files[file] = reason
        logging.getLogger("nas.data").warning(
            "%s: skipped, it can't be decoded: %s", self.pictures.root / file, reason
        )
        count = len(self.pictures)
        limit = min(count - 1, max(LEAST_FORGIVEN, int(FORGIVEN * count)))
        if len(self.files) > limit:
            raise DataError(
                f"{self.pictures.root}: more than {limit} of {count} images can't be decoded, such "
                f"as {file}: {reason}; repair or remove the files named above"
            )


@lru_cache(maxsize=4)
def _decoded(
    root: Path, files: tuple[str, ...], labels: tuple[int, ...], height: int, width: int
) -> Split:
    import torch

    return Pictures(root, files, torch.tensor(labels), height, width).loaded()
