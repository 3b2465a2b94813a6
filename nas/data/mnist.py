"""MNIST: 70,000 handwritten digits of American clerks and pupils.

Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to document
recognition, 1998, http://yann.lecun.com/exdb/mnist/, CC BY-SA 3.0.
"""

from __future__ import annotations

from nas.data import _idx
from nas.data._base import DataSet

ADDRESS = "https://ossci-datasets.s3.amazonaws.com/mnist"  # the original one refuses most callers
SUMS = (
    "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "d53e105ee54ea40749a09fcbcd1e9432",
    "9fb629c4189551a2d022fa330f9573f3",
    "ec29112dd5afa0611ce80d1b7f02629c",
)


def describe(argument: str = "") -> DataSet:
    """Grey images of 28 x 28 pixels, ten classes; 54,000 + 6,000 of the training files, 10,000.

    `argument` is the folder of the four IDX files, where they don't lie in the usual one.
    """
    classes = tuple("0123456789")
    origin = _idx.origin("mnist", argument, ADDRESS, SUMS)
    return DataSet(
        name=f"mnist:{argument}" if argument else "mnist",
        shape=(1, 28, 28),
        classes=classes,
        mean=(0.1307,),
        std=(0.3081,),
        source="https://yann.lecun.com/exdb/mnist/",
        licence="CC BY-SA 3.0",
        read=_idx.reader(origin, classes),
        shift=2 / 28,
        sizes=_idx.SIZES,
        origin=origin,
    )
