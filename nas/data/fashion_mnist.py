"""Fashion-MNIST: 70,000 articles of clothing, in MNIST's files and sizes.

Source: H. Xiao, K. Rasul and R. Vollgraf, arXiv:1708.07747,
https://github.com/zalandoresearch/fashion-mnist, MIT.
"""

from __future__ import annotations

from nas.data import _idx
from nas.data._base import DataSet

ADDRESS = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
SUMS = (
    "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "25c81989df183df01b3e8a0aad5dffbe",
    "bef4ecab320f06d8554ea6380940ec79",
    "bb300cfdad3c16e7a12a480ee83cd310",
)
CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def describe(argument: str = "") -> DataSet:
    """Grey images of 28 x 28 pixels, ten classes; 54,000 + 6,000 of the training files, 10,000.

    The files of Debian's package are found by themselves; `argument` is another folder.
    """
    origin = _idx.origin(
        "fashion-mnist",
        argument,
        ADDRESS,
        SUMS,
        packaged=("/usr/share/datasets/fashion-mnist",),
        manual="on Debian, `apt install dataset-fashion-mnist` does",
    )
    return DataSet(
        name=f"fashion-mnist:{argument}" if argument else "fashion-mnist",
        shape=(1, 28, 28),
        classes=CLASSES,
        mean=(0.2860,),
        std=(0.3530,),
        source="https://github.com/zalandoresearch/fashion-mnist",
        licence="MIT",
        read=_idx.reader(origin, CLASSES),
        shift=2 / 28,
        flip=True,
        sizes=_idx.SIZES,
        origin=origin,
    )
