"""CIFAR-100: 60,000 small photographs of a hundred kinds of things; CIFAR-10's files and sizes.

Source: A. Krizhevsky, Learning multiple layers of features from tiny images, 2009,
https://www.cs.toronto.edu/~kriz/cifar.html; its binary version, with the fine labels.
"""

from __future__ import annotations

from nas.data._base import DataSet
from nas.data._cifar import Layout

LAYOUT = Layout(
    archive="cifar-100-binary.tar.gz",
    md5="03b5dce01913d631647c71ecec9e9cb8",
    folder="cifar-100-binary",
    train=("train.bin",),
    test=("test.bin",),
    labels=2,  # the coarse one, the fine one
)
NAMES = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus
    butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch
    crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo
    keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain
    mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain
    plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
    skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone
    television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
CLASSES = tuple(NAMES.split())


def describe(argument: str = "") -> DataSet:
    """Photographs of 32 x 32 pixels, 100 classes; 45,000 + 5,000 of the training file, 10,000.

    `argument` is the folder of the archive, where it doesn't lie in the usual one.
    """
    mean, std = (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)
    return LAYOUT.described("cifar100", argument, CLASSES, mean, std)
