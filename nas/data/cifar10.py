"""CIFAR-10: 60,000 small photographs of ten kinds of animals and vehicles.

Source: A. Krizhevsky, Learning multiple layers of features from tiny images, 2009,
https://www.cs.toronto.edu/~kriz/cifar.html; its binary version.
"""

from __future__ import annotations

from nas.data._base import DataSet
from nas.data._cifar import Layout

LAYOUT = Layout(
    archive="cifar-10-binary.tar.gz",
    md5="c32a1d4ab5d03f1284b67883e8d87530",
    folder="cifar-10-batches-bin",
    train=tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
    test=("test_batch.bin",),
    labels=1,
)
CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)


def describe(argument: str = "") -> DataSet:
    """Photographs of 32 x 32 pixels, ten classes; 45,000 + 5,000 of the training files, 10,000.

    `argument` is the folder of the archive, where it doesn't lie in the usual one.
    """
    mean, std = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
    return LAYOUT.described("cifar10", argument, CLASSES, mean, std)
