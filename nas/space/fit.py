"""A data set fixes a genotype's image and its number of classes."""

from __future__ import annotations

from nas.blocks import registry
from nas.genotype.binding import image as sized
from nas.genotype.binding import leaf
from nas.genotype.expression import Genotype, Image, Leaf
from nas.genotype.rewriting import everywhere


def fit(genotype: Genotype, image: tuple[int, int, int], classes: int) -> Genotype:
    """The genotype for images of (channels, height, width) and that many classes, all else as it
    was."""

    def change(part: Genotype) -> Genotype:
        if isinstance(part, Image):
            return sized(*image)
        if isinstance(part, Leaf):
            heads = {
                slot.name for slot in registry()[part.word].slots if slot.type.kind == "classes"
            }
            values = {name: classes if name in heads else value for name, value in part.values}
            return leaf(part.word, options=values) if heads else part
        return part

    return everywhere(genotype, change)
