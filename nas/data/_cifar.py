"""The binary versions of CIFAR-10 and CIFAR-100: records of label bytes and 3,072 pixels.

Source: A. Krizhevsky, Learning multiple layers of features from tiny images, 2009,
https://www.cs.toronto.edu/~kriz/cifar.html, section "binary version".
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from nas.data._base import DataSet, Part
from nas.data._origin import Origin, Remote
from nas.data._partition import held_out
from nas.data._split import Split
from nas.errors import DataError

ADDRESS = "https://www.cs.toronto.edu/~kriz"
PIXELS = 3 * 32 * 32


@dataclass(frozen=True, slots=True)
class Layout:
    """How one of the two is packed: an archive that holds a folder of record files.

    A record's last of `labels` bytes is its class; the pixels follow, red, green, blue.
    """

    archive: str
    md5: str
    folder: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    labels: int

    def described(
        self,
        name: str,
        argument: str,
        classes: tuple[str, ...],
        mean: tuple[float, ...],
        std: tuple[float, ...],
    ) -> DataSet:
        """The data set: 45,000 + 5,000 of the training files' pictures, 10,000 of the test's."""
        origin = self.origin(name, argument)
        return DataSet(
            name=f"{name}:{argument}" if argument else name,
            shape=(3, 32, 32),
            classes=classes,
            mean=mean,
            std=std,
            source="https://www.cs.toronto.edu/~kriz/cifar.html",
            licence="none stated; research use",
            read=self.reader(origin, classes),
            shift=4 / 32,  # arXiv:1512.03385, section 4.2
            flip=True,
            sizes=(45_000, 5_000, 10_000),
            origin=origin,
        )

    def origin(self, name: str, argument: str) -> Origin:
        """Where the archive or the folder unpacked from it lies."""
        return Origin(
            name,
            ((self.archive, self.folder),),
            (Remote(f"{ADDRESS}/{self.archive}", self.md5),),
            argument,
            manual="the Python version won't do, its pickles can run code",
        )

    def reader(self, origin: Origin, classes: tuple[str, ...]) -> Callable[[Part], Split]:
        """What reads one part: test records, or training records without the other's tenth."""

        def read(part: Part) -> Split:
            place = origin.find(origin.wanted[0])
            split = _records(place, self.test if part is Part.TEST else self.train, self.labels)
            if part is not Part.TEST:
                split = held_out(split, part)
            return split.checked(f"{origin.name}, {part} split", classes)

        return read


@lru_cache(maxsize=2)
def _records(place: Path, files: tuple[str, ...], labels: int) -> Split:
    """The records of `files`, one after another, in the archive or folder at `place`."""
    import numpy as np
    import torch

    found = dict(_unpacked(place, files) if place.is_file() else _lying(place, files))
    record = labels + PIXELS
    for name in files:
        if name not in found:
            raise DataError(f"{place} holds no {name}; delete it and get it again")
        if not found[name] or len(found[name]) % record:
            raise DataError(
                f"{place}: {name} must hold whole records of {record:,} bytes, but has "
                f"{len(found[name]):,} bytes; delete it and get it again"
            )
    data = np.concatenate([np.frombuffer(found[name], np.uint8) for name in files])
    rows = data.reshape(-1, record)
    images = rows[:, labels:].reshape(-1, 3, 32, 32).copy()
    answers = rows[:, labels - 1].astype(np.int64)
    return Split(torch.from_numpy(images), torch.from_numpy(answers))


def _lying(folder: Path, files: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for name in files:
        if (folder / name).is_file():
            yield name, (folder / name).read_bytes()


def _unpacked(archive: Path, files: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the `files` in the archive, which is read once, front to back."""
    try:
        with tarfile.open(archive, "r|gz") as packed:
            for member in packed:
                name = PurePosixPath(member.name).name
                if name in files and (file := packed.extractfile(member)) is not None:
                    yield name, file.read()
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise DataError(
            f"{archive} can't be read: {error}; it is cut off or damaged, delete it and get it "
            "again"
        ) from error
