"""ImageNet: 1.28 million photographs of the Large Scale Visual Recognition Challenge 2012.

Source: O. Russakovsky et al., arXiv:1409.0575, https://image-net.org/challenges/LSVRC/2012/; the
official archives need an account, so that they can't be fetched here.
"""

from __future__ import annotations

from importlib.resources import files

from nas.data._base import DataSet, Part
from nas.data._origin import Origin
from nas.data._partition import held_out
from nas.data._pictures import Pictures
from nas.data.folder import MEAN, SIDE, STD, class_folders, listed, same_classes
from nas.errors import DataError

HELD_OUT = 0.04  # about 50,000 training images for validation, as in MnasNet, arXiv:1807.11626
MANUAL = (
    "get ILSVRC2012_img_train.tar and ILSVRC2012_img_val.tar from https://image-net.org, which "
    "needs an account, and unpack them there, one folder a class: train/n01440764/*.JPEG, "
    "val/n01440764/*.JPEG"
)


def describe(argument: str = "") -> DataSet:
    """Photographs, by default of 224 x 224 pixels, of 1,000 classes.

    The test split is the official validation folder, as everybody reports it; the validation split
    is held out of the training folder. `argument` is the folder that holds `train` and `val`.
    """
    origin = Origin("imagenet", (("train",), ("val",)), folder=argument, manual=MANUAL)
    classes = _classes()
    wordnet = tuple(each.partition(" ")[0] for each in classes)

    def read(part: Part) -> Pictures:
        place = origin.find(("val",) if part is Part.TEST else ("train",))
        if not class_folders(place):
            raise DataError(
                f"{place} must hold a folder for each class, n01440764 and so on, but holds none; "
                "sort its pictures into them"
            )
        same_classes(place, wordnet)
        split = listed(place, wordnet)
        if part is not Part.TEST:
            split = held_out(split, part, HELD_OUT)
        return split.checked(f"imagenet, {part} split", classes)

    return DataSet(
        name=f"imagenet:{argument}" if argument else "imagenet",
        shape=(3, SIDE, SIDE),
        classes=classes,
        mean=MEAN,
        std=STD,
        source="https://image-net.org/challenges/LSVRC/2012/",
        licence="research use, by ImageNet's terms of access",
        read=read,
        flip=True,
        crop=True,
        any_size=True,
        origin=origin,
    )


def _classes() -> tuple[str, ...]:
    """WordNet's number and a name for each class, in the order of the labels."""
    text = (files("nas.data") / "files" / "imagenet_classes.txt").read_text("utf-8")
    return tuple(text.splitlines())
