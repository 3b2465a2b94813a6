"""A data set fixes a genotype's image and its number of classes."""

from __future__ import annotations

from nas.blocks import registry
from nas.data import DataSet
from nas.genotype.binding import image as sized
from nas.genotype.binding import leaf
from nas.genotype.expression import Chain, Genotype, Image, Leaf
from nas.genotype.rewriting import everywhere


def fit_to(genotype: Genotype, data: DataSet, side: int | None = None) -> Genotype:
    """The genotype for the data set's images and classes, at `side` x `side` pixels if it is given;
    of pictures of any size, it else keeps the size that it is written for."""
    channels, height, width = data.shape
    first = genotype.items[0] if isinstance(genotype, Chain) else genotype
    if side is not None:
        height = width = side
    elif data.any_size and isinstance(first, Image):
        height, width = first.height, first.width
    return fit(genotype, (channels, height, width), len(data.classes))


def fit(genotype: Genotype, image: tuple[int, int, int], classes: int) -> Genotype:
    """The genotype for images of (channels, height, width) and that many classes, all else as it
    was.

    Where no block is a classifier, as in NIN, the last block's channels are the classes.
    """
    found = False

    def change(part: Genotype) -> Genotype:
        nonlocal found
        if isinstance(part, Image):
            return sized(*image)
        if isinstance(part, Leaf) and _fields(part, "classes"):
            found = True
            return _set(part, _fields(part, "classes"), classes)
        return part

    fitted = everywhere(genotype, change)
    return fitted if found else _ended(fitted, classes)


def _ended(genotype: Genotype, classes: int) -> Genotype:
    """The chain with that many channels in the last block that says how many it gives."""
    items = list(genotype.items) if isinstance(genotype, Chain) else []
    for index, part in reversed(list(enumerate(items))):
        if isinstance(part, Leaf):
            written = _fields(part, "channels") & {name for name, _ in part.values}
            if written:
                items[index] = _set(part, written, classes)
                return Chain(tuple(items))
    return genotype


def _fields(part: Leaf, kind: str) -> set[str]:
    return {slot.name for slot in registry()[part.word].slots if slot.type.kind == kind}


def _set(part: Leaf, names: set[str], value: int) -> Leaf:
    return leaf(part.word, options=dict(part.values) | dict.fromkeys(names, value))
