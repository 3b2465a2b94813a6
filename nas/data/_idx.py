"""The IDX files of MNIST and of data sets made like it: reading them, packed or not.

Source: Y. LeCun, C. Cortes and C. Burges, The MNIST database, section "file formats".
"""

from __future__ import annotations

import gzip
import math
import zlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.data._base import Part
from nas.data._origin import Origin, Remote
from nas.data._partition import held_out
from nas.data._split import Split
from nas.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

BYTES = 0x08  # the type code of unsigned bytes
FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
WANTED = tuple((f"{name}.gz", name) for name in FILES)
SIZES = (54_000, 6_000, 10_000)


def origin(name: str, argument: str, address: str, sums: tuple[str, ...], **more: Any) -> Origin:
    """The four files of a data set like MNIST, at their address."""
    remote = tuple(
        Remote(f"{address}/{file}.gz", md5) for file, md5 in zip(FILES, sums, strict=True)
    )
    return Origin(name, WANTED, remote, argument, **more)


def reader(origin: Origin, classes: tuple[str, ...]) -> Callable[[Part], Split]:
    """What reads one part: the test files, or the training files without the other part's tenth."""

    def read(part: Part) -> Split:
        images, labels = (
            origin.find(names) for names in (WANTED[2:] if part is Part.TEST else WANTED[:2])
        )
        split = _paired(images, labels)
        if part is not Part.TEST:
            split = held_out(split, part)
        return split.checked(f"{origin.name}, {part} split", classes)

    return read


@lru_cache(maxsize=2)
def _paired(images: Path, labels: Path) -> Split:
    import torch

    pixels, answers = read(images, 3), read(labels, 1)
    if len(pixels) != len(answers):
        raise DataError(
            f"{labels} holds {len(answers)} labels, but {images.name} holds {len(pixels)} images; "
            "the two must be of the same download"
        )
    return Split(torch.from_numpy(pixels)[:, None], torch.from_numpy(answers).long())


def read(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The array of unsigned bytes in the IDX file at `path`, gzipped where its name ends in `.gz`.

    Raises `DataError` where the file is no such array or ends early.
    """
    import numpy as np

    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} can't be read: {error}; delete it and get it again") from error
    head = 4 + 4 * dimensions
    if len(data) < head or data[:4] != bytes((0, 0, BYTES, dimensions)):
        raise DataError(
            f"{path} is no IDX file of {dimensions} dimensions of bytes: it begins with "
            f"{data[:4].hex(' ') or 'nothing'}; delete it and get it again"
        )
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, head, 4))
    if len(data) - head != math.prod(shape):
        raise DataError(
            f"{path} must hold {math.prod(shape):,} bytes for its shape {shape}, but holds "
            f"{len(data) - head:,}; delete it and get it again"
        )
    return np.frombuffer(data, np.uint8, offset=head).reshape(shape).copy()
