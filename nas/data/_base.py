"""The description of a data set: shape, classes, normalisation, origin, and its three splits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from nas.errors import DataError

if TYPE_CHECKING:
    from nas.data._origin import Origin
    from nas.data._pictures import Pictures
    from nas.data._split import Split


class Part(StrEnum):
    """The three disjoint parts of a data set."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class DataSet:
    """What a data set holds and where it comes from; its images are read when a split is asked for.

    `shape` is (channels, height, width) of the images as a network sees them, in pixels; `mean` and
    `std` are per channel, of the training split, on a scale where 1 is full brightness.
    Of pictures in `any_size` the shape is only the usual one: a network's own image is as good.
    `side` tells how many pixels the shorter sides of such pictures usually have, from their heads.
    `read` gives one part, in whatever size it is stored: a `Split` in memory, or `Pictures`, files
    that are decoded as they are needed. `sizes` counts the images of the three parts, where that is
    known before they are read.
    """

    name: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    source: str
    licence: str
    read: Callable[[Part], Split | Pictures]
    shift: float = 0.0  # how far an image may be moved and stay itself, share of its side
    flip: bool = False  # whether its mirror image is of the same class
    crop: bool = False  # whether a part of an image is of the same class, as with photographs
    any_size: bool = False  # whether its pictures have no size of their own, as photographs
    side: Callable[[], int] | None = None  # measures how large they usually are, in pixels
    sizes: tuple[int, ...] = ()
    origin: Origin | None = None  # where its files lie; None where nothing is needed or looked for

    def __post_init__(self) -> None:
        channels = self.shape[0]
        if not len(self.mean) == len(self.std) == channels:
            raise DataError(
                f"{self.name}: mean and std need one value per channel, but got {len(self.mean)} "
                f"and {len(self.std)} for {channels} channels"
            )

    def train(self) -> Split | Pictures:
        """The training split: images (N, *shape) as bytes, labels (N,)."""
        return self._part(Part.TRAIN)

    def validation(self) -> Split | Pictures:
        """The validation split, on which a search scores candidates; it holds no test image."""
        return self._part(Part.VALIDATION)

    def test(self) -> Split | Pictures:
        """The test split: read it once, for the final report; a search never calls this."""
        return self._part(Part.TEST)

    def require(self) -> None:
        """Make sure that all files are here, before anything is begun with them.

        Raises `DataError`, which says how to get what is missing.
        """
        if self.origin is not None:
            for names in self.origin.wanted:
                self.origin.find(names)

    def resized(self, height: int, width: int) -> DataSet:
        """The same data set with its images at `height` x `width` pixels (bilinear)."""
        if height < 1 or width < 1:
            raise DataError(
                f"{self.name}: an image side must be at least 1 pixel, but got {height} x {width}"
            )
        return replace(self, shape=(self.shape[0], height, width))

    def card(self) -> dict[str, object]:
        """What whoever uses a network that was trained on it must know: the classes in the order of
        its answers, and by what mean and standard deviation its images are normalised."""
        return {
            "name": self.name,
            "classes": list(self.classes),
            "mean": list(self.mean),
            "std": list(self.std),
        }

    def _part(self, part: Part) -> Split | Pictures:
        return self.read(part).resized(self.shape[1], self.shape[2])
