"""Arrays of the user's own in a NumPy archive: `npz:FILE`.

Read are `images` and `labels`; `x_train`, `y_train`, `x_test`, `y_test` as in Keras;
`train_images`, `train_labels`, `val_images`, ... as in MedMNIST; and images kept as the bytes of
JPEG or PNG files, one after another in `blob`, image i from `offset[i]` to `offset[i + 1]`, with
`label`. Names of the classes stand in `class_names`. A file of one part whose name holds `train`
has its test part in the one beside it whose name holds `test` instead.
Images may be shifted in training, those in colour mirrored, too.
Nothing in the file is ever executed: arrays of Python objects are refused.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.data._base import DataSet, Part
from nas.data._partition import divided, held_out
from nas.data._split import Split
from nas.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ARGUMENT = "FILE"
# what NumPy and the reader of zip files raise for a damaged one
DAMAGED = (ValueError, EOFError, OSError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)
SHARES = {Part.TRAIN: 0.8, Part.VALIDATION: 0.1, Part.TEST: 0.1}  # of a file with one part only
SAMPLE = 5000  # images that mean and deviation are measured on
KEYS = (
    {Part.TRAIN: ("images", "labels")},
    {Part.TRAIN: ("x_train", "y_train"), Part.TEST: ("x_test", "y_test")},
    {part: (f"{name}_images", f"{name}_labels")
     for part, name in zip(Part, ("train", "val", "test"), strict=True)},
    {Part.TRAIN: ("blob", "label")},
)  # fmt: skip


def describe(argument: str) -> DataSet:
    """The arrays in the file at the path `argument`; normalised by the training part.

    Raises `DataError` where the file is missing, cut off or holds something else.
    """
    if not argument:
        raise DataError("npz needs a file: write npz:/path/to/arrays.npz")
    path = Path(argument).expanduser()
    try:
        return _described(f"npz:{argument}", path, path.stat().st_mtime_ns)
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror or error}") from error


@lru_cache(maxsize=4)
def _described(name: str, path: Path, changed: int) -> DataSet:
    import torch

    parts = _parts(path)
    train = _part(path, parts, Part.TRAIN)
    classes = _classes(path, parts)
    some = train.images[:: -(-len(train) // SAMPLE)].double() / 255
    std, mean = torch.std_mean(some, (0, 2, 3))
    spread = std.clamp(min=1 / 255)  # a channel of one shade only

    def read(part: Part) -> Split:
        return _part(path, parts, part).checked(f"{name}, {part} split", classes)

    return DataSet(
        name=name,
        shape=(train.images.shape[1], train.images.shape[2], train.images.shape[3]),
        classes=classes,
        mean=tuple(round(each, 4) for each in mean.tolist()),
        std=tuple(round(each, 4) for each in spread.tolist()),
        source=str(path),
        licence="the user's own",
        read=read,
        shift=1 / 8,
        flip=len(mean) == 3,
    )


Parts = Mapping[Part, "_Place"]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a part's images and labels stand: the file and the names of its two arrays."""

    path: Path
    images: str
    labels: str


def _parts(path: Path) -> Parts:
    """The parts the file holds, and the test part that lies beside it."""
    held = _names(path)
    for keys in KEYS:
        found = {
            part: _Place(path, images, labels)
            for part, (images, labels) in keys.items()
            if images in held and labels in held
        }
        if Part.TRAIN in found:
            beside = None if Part.TEST in found else _beside(path)
            if beside is not None:
                at = found[Part.TRAIN]
                found[Part.TEST] = _Place(beside, at.images, at.labels)
            return found
    wanted = "; ".join(" and ".join(keys[Part.TRAIN]) for keys in KEYS)
    raise DataError(
        f"{path} must hold arrays called {wanted}; but it holds {', '.join(held) or 'nothing'}"
    )


def _beside(path: Path) -> Path | None:
    """The one file in the same folder that is named like `path`, with `test` for `train`."""
    before, train, _ = path.stem.partition("train")
    if not train:
        return None
    others = sorted(path.parent.glob(f"{before}test*{path.suffix}"))
    if len(others) > 1:
        raise DataError(
            f"{path}: its test part must be one file beside it, but there are "
            f"{', '.join(each.name for each in others)}; move the others away"
        )
    return others[0] if others else None


def _part(path: Path, parts: Parts, part: Part) -> Split:
    """One part: as it is stored, or cut from the training part in the same way every time."""
    if part in parts and (part is not Part.TRAIN or Part.VALIDATION in parts):
        return _stored(parts[part])
    pool = _stored(parts[Part.TRAIN])
    if Part.TEST in parts:
        return held_out(pool, part)
    if Part.VALIDATION in parts:
        raise DataError(
            f"{path} holds a validation part, but no test part; add one or leave it out"
        )
    return divided(pool, SHARES, part)


@lru_cache(maxsize=3)
def _stored(place: _Place) -> Split:
    """The images and labels at `place`."""
    import torch

    images = (
        _decoded(place.path)
        if place.images == "blob"
        else _planes(place, _array(place, place.images))
    )
    labels = _array(place, place.labels).squeeze()
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
        raise DataError(
            f"{place.path}: {place.labels} must be {len(images)} integers, one per image, but is "
            f"{labels.dtype} of shape {labels.shape}"
        )
    if not len(labels):
        raise DataError(f"{place.path}: {place.images} holds no images")
    if int(labels.min()) < 0:
        raise DataError(
            f"{place.path}: {place.labels} must be 0 or more, but one is {labels.min()}"
        )
    if int(labels.max()) >= len(labels):  # each class needs an image
        raise DataError(
            f"{place.path}: {place.labels} must be classes numbered from 0 without gaps, but one "
            f"is {labels.max()} and there are {len(labels)} images"
        )
    return Split(torch.from_numpy(images), torch.from_numpy(labels.astype("int64")))


def _planes(place: _Place, array: NDArray[Any]) -> NDArray[np.uint8]:
    """Images as (N, C, H, W), from (N, H, W), (N, H, W, C) or (N, C, H, W) with 1 or 3 channels."""
    import numpy as np

    if array.dtype == np.uint8 and array.ndim == 3:
        return array[:, None]
    if array.dtype == np.uint8 and array.ndim == 4:
        if array.shape[3] in (1, 3):
            return np.ascontiguousarray(array.transpose(0, 3, 1, 2))
        if array.shape[1] in (1, 3):
            return array
    raise DataError(
        f"{place.path}: {place.images} must be bytes of shape (N, H, W), (N, H, W, C) or (N, C, H, "
        f"W) with 1 or 3 channels, but is {array.dtype} of shape {array.shape}"
    )


def _decoded(path: Path) -> NDArray[np.uint8]:
    """The images of a file that keeps them encoded, all of one size."""
    import numpy as np

    from nas.data._picture import CORRUPT, decoded

    place = _Place(path, "blob", "offset")
    data, offsets = _array(place, "blob").tobytes(), _array(place, "offset").tolist()
    images: list[NDArray[np.uint8]] = []
    for number, (start, stop) in enumerate(pairwise(offsets)):
        try:
            image = decoded(data[start:stop])
        except CORRUPT as error:
            raise DataError(f"{path}: image {number} can't be decoded: {error}") from error
        if images and image.shape != images[0].shape:
            raise DataError(
                f"{path}: all images must be of one size, but image {number} is {image.shape} and "
                f"the first {images[0].shape}"
            )
        images.append(image)
    if not images:
        raise DataError(f"{path} holds no images")
    return np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2))


def _classes(path: Path, parts: Parts) -> tuple[str, ...]:
    """The names that stand in the file, or the numbers of the labels that do."""
    if "class_names" in _names(path):
        return tuple(map(str, _array(parts[Part.TRAIN], "class_names").tolist()))
    labels = _array(parts[Part.TRAIN], parts[Part.TRAIN].labels)
    return tuple(str(number) for number in range(int(labels.max()) + 1 if labels.size else 0))


def _names(path: Path) -> tuple[str, ...]:
    import numpy as np

    try:
        if not zipfile.is_zipfile(path):
            raise DataError(
                f"{path} is no NumPy archive (.npz), or it is cut off; numpy.savez writes one"
            )
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return tuple(stored.files)
    except DAMAGED as error:
        raise DataError(f"{path} is no NumPy archive (.npz), or it is cut off: {error}") from error


def _array(place: _Place, key: str) -> NDArray[Any]:
    import numpy as np

    try:
        with place.path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            array: NDArray[Any] = stored[key]
            return array
    except KeyError as error:
        raise DataError(f"{place.path} must hold an array called {key}") from error
    except DAMAGED as error:
        raise DataError(f"{place.path}: {key} can't be read: {error}") from error
