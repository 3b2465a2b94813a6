"""Pictures of the user's own: `folder:FOLDER`, with one folder for each class.

Either the class folders lie in FOLDER itself, and the pictures are divided 80:10:10; or in
FOLDER/train, FOLDER/val (or validation, valid) and FOLDER/test, of which `train` must be there;
without `val`, a tenth of each class of `train` is held out for validation. What is no picture by
its name is passed over, damaged pictures are skipped and named in the log.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path

from nas.data._base import DataSet, Part
from nas.data._partition import divided, held_out
from nas.data._picture import SUFFIXES
from nas.data._pictures import Pictures
from nas.errors import DataError

ARGUMENT = "FOLDER"
SIDE = 224  # pixels of the images unless the network says otherwise
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, as everybody has it
NAMES = {
    Part.TRAIN: ("train",),
    Part.VALIDATION: ("val", "validation", "valid"),
    Part.TEST: ("test",),
}
SHARES = {Part.TRAIN: 0.8, Part.VALIDATION: 0.1, Part.TEST: 0.1}


def describe(argument: str) -> DataSet:
    """Colour images, by default of 224 x 224 pixels, of as many classes as there are folders.

    Raises `DataError` where there are fewer than two, or where the parts' classes differ.
    """
    if not argument:
        raise DataError("folder needs a path: write folder:/path/to/images")
    root = Path(argument).expanduser()
    if not root.is_dir():
        raise DataError(f"{root}: there is no such folder")
    places = _places(root)
    classes = class_folders(places.get(Part.TRAIN, root))
    if len(classes) < 2:
        raise DataError(
            f"{places.get(Part.TRAIN, root)} must hold a folder of images for each of at least 2 "
            f"classes, but holds {len(classes)} folders"
        )
    for place in places.values():
        same_classes(place, classes)
    name = f"folder:{argument}"

    def read(part: Part) -> Pictures:
        if not places:
            split = divided(_enough(listed(root, classes), classes, SHARES), SHARES, part)
        elif part in places and (part is not Part.TRAIN or Part.VALIDATION in places):
            split = listed(places[part], classes)
        elif part is Part.TEST:
            raise DataError(f"{root} has no folder test; make one of pictures kept out of train")
        else:
            pool = listed(places[Part.TRAIN], classes)
            split = held_out(_enough(pool, classes, (Part.TRAIN, Part.VALIDATION)), part)
        return split.checked(f"{name}, {part} split", classes)

    def side() -> int:
        return read(Part.TRAIN).side()

    return DataSet(
        name=name,
        shape=(3, SIDE, SIDE),
        classes=classes,
        mean=MEAN,
        std=STD,
        source=str(root),
        licence="the user's own",
        read=read,
        flip=True,
        crop=True,
        any_size=True,
        side=side,
    )


def _enough(pool: Pictures, classes: tuple[str, ...], parts: Collection[Part]) -> Pictures:
    """The same pictures, once it is sure that every class has one for each of the parts."""
    counts = pool.labels.bincount(minlength=len(classes)).tolist()
    for name, count in zip(classes, counts, strict=True):
        if count < len(parts):
            raise DataError(
                f"{pool.root / name} holds {count} pictures, too few for {len(parts)} parts "
                f"({', '.join(parts)}); add some, or leave the class out"
            )
    return pool


def _places(root: Path) -> Mapping[Part, Path]:
    """The folders of the parts, empty where the classes lie in `root` itself."""
    found = {}
    for part, names in NAMES.items():
        there = [root / name for name in names if (root / name).is_dir()]
        if len(there) > 1:
            raise DataError(f"{root} holds both {there[0].name} and {there[1].name}; remove one")
        if there:
            found[part] = there[0]
    return found if Part.TRAIN in found else {}


def class_folders(place: Path) -> tuple[str, ...]:
    """The names of the folders in `place`, sorted; hidden ones are none."""
    with os.scandir(place) as entries:
        return tuple(sorted(e.name for e in entries if e.is_dir() and not e.name.startswith(".")))


def same_classes(place: Path, classes: tuple[str, ...]) -> None:
    """Make sure that the folders in `place` are those of the training part.

    Raises `DataError`, which names the first that isn't.
    """
    here = class_folders(place)
    for name in classes:
        if name not in here:
            raise DataError(f"{place}: class {name!r} is missing; every split needs all classes")
    for name in here:
        if name not in classes:
            raise DataError(
                f"{place}: {name!r} is no class of the training split; move it away or add the "
                "class there"
            )


@lru_cache(maxsize=4)
def listed(place: Path, classes: tuple[str, ...]) -> Pictures:
    """All pictures in the class folders of `place`, class by class, sorted by name."""
    import torch

    files: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        found = sorted(
            os.path.relpath(os.path.join(folder, file), place)  # noqa: PTH118 - of a million files
            for folder, _, inside in os.walk(place / name, followlinks=True)
            for file in inside
            if file.lower().endswith(SUFFIXES) and not file.startswith(".")
        )
        files += found
        labels += [label] * len(found)
    return Pictures(place, tuple(files), torch.tensor(labels, dtype=torch.int64), SIDE, SIDE)
