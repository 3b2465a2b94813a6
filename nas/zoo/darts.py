"""DARTS: two cells found by gradient descent on a relaxed choice of operations (its second order,
"V2").

The paper states 574 M multiply-adds for ImageNet; the released network has 529.9 M, as here, and
the 4.72 M parameters stated. Source: arXiv:1806.09055.
"""

from __future__ import annotations

from nas.dsl import act, cell, classifier, conv, dsep, image, maxpool, tap
from nas.genotype import Genotype
from nas.zoo._base import Paper

DARTS = Paper(
    "DARTS",
    2018,
    "DARTS, arXiv:1806.09055",
    "quark0/darts, README.md",
    idea="cells found by gradient descent on a relaxed choice of operations",
)

PREV = tap("prev")
HALF = maxpool(3, stride=2)
NORMAL = (  # figure 4
    ((PREV >> dsep(3)) + dsep(3)) @ "first"
    | (PREV >> dsep(3)) + dsep(3)
    | dsep(3) + PREV
    | PREV + (tap("first") >> dsep(3, dilation=2, times=1))
)
REDUCTION = (  # figure 5
    ((PREV >> HALF) + HALF) @ "first"
    | tap("first") + HALF
    | (PREV >> HALF) + tap("first")
    | tap("first") + HALF
)


def darts() -> Genotype:
    """Section 3.3: the ImageNet network, 14 cells of 48 channels at first."""
    stem = conv(24, 3, stride=2) >> conv(48, 3, stride=2, act="none") @ "stem"
    net = image(3, 224, 224) >> stem >> act >> conv(48, 3, stride=2, act="none")
    net = net >> cell(48, NORMAL, prev="stem") >> cell(48, NORMAL) * 3
    net = net >> cell(96, REDUCTION) >> cell(96, NORMAL) * 4
    return net >> cell(192, REDUCTION) >> cell(192, NORMAL) * 4 >> classifier(1000)


def darts_cifar10() -> Genotype:
    """Section 3.2: 20 cells of 36 channels at first; the auxiliary head is left out."""
    stem = conv(108, 3, act="none") @ "stem"
    net = image(3, 32, 32) >> stem >> cell(36, NORMAL, prev="stem") >> cell(36, NORMAL) * 5
    net = net >> cell(72, REDUCTION) >> cell(72, NORMAL) * 6 >> cell(144, REDUCTION)
    return net >> cell(144, NORMAL) * 6 >> classifier(10)


REFERENCES = (
    DARTS.net("darts", darts, 26.7, 8.7),
    DARTS.net("darts_cifar10", darts_cifar10),
)
