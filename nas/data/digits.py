"""Digits: 1,797 handwritten digits of 13 writers, embedded in the package, nothing to download.

Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits (its test set), UCI
Machine Learning Repository, 1998, https://doi.org/10.24432/C50P49, CC BY 4.0; the file was made
from the copy in scikit-learn.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from nas.data._base import DataSet, Part
from nas.data._partition import divided
from nas.data._split import Split
from nas.errors import DataError

SIDE = 32  # pixels; the scans were 32 x 32 before UCI summed their 4 x 4 blocks
SHARES = {Part.TRAIN: 0.6, Part.VALIDATION: 0.2, Part.TEST: 0.2}
FULL = 16  # a pixel counts the inked points of a 4 x 4 block


def describe(argument: str = "") -> DataSet:
    """Grey images of 32 x 32 pixels (stored as 8 x 8), ten classes; 1,078, 360 and 359 images.

    Raises `DataError` where an argument is given: this data set takes none.
    """
    if argument:
        raise DataError(f"digits takes no argument, but got {argument!r}; write just 'digits'")
    return DataSet(
        name="digits",
        shape=(1, SIDE, SIDE),
        classes=tuple("0123456789"),
        mean=(0.3047,),
        std=(0.3231,),
        source="https://doi.org/10.24432/C50P49",
        licence="CC BY 4.0",
        read=_read,
        sizes=(1078, 360, 359),
        shift=1 / 8,  # one of the eight stored pixels
    )


def _read(part: Part) -> Split:
    return divided(_pool(), SHARES, part)


@lru_cache(maxsize=1)
def _pool() -> Split:
    import numpy as np
    import torch

    with (
        (files("nas.data") / "files" / "digits.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as stored,
    ):
        counts, labels = stored["images"], stored["labels"]
    images = np.rint(counts[:, None] * (255 / FULL)).astype(np.uint8)
    return Split(torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64)))
