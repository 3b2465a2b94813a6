"""ResNeXt: a bottleneck's 3x3 in many independent groups (cardinality). Source: arXiv:1611.05431;
the 32x48d: arXiv:1805.00932."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from nas.genotype import Genotype
from nas.zoo._base import Paper
from nas.zoo.resnet import resnet

RESNEXT = Paper(
    "ResNeXt",
    2016,
    "ResNeXt, arXiv:1611.05431",
    "facebookresearch/ResNeXt README, 1 crop",
    idea="cardinality: a bottleneck's 3x3 in many independent groups",
)
WEAK = Paper(
    "ResNeXt",
    2018,
    "weakly supervised pretraining, arXiv:1805.00932",
    idea="hashtags of billions of images as labels",
)
DEEP = (3, 4, 23, 3)


def resnext(depths: Iterable[int], groups: int, group_width: int, *, se: float = 0.0) -> Genotype:
    """Table 1: `groups` x `group_width` channels in the first stage, of 256 put out."""
    return resnet(depths, width=groups * group_width / 256, groups=groups, se=se)


REFERENCES = (
    RESNEXT.net("resnext50_32x4d", partial(resnext, (3, 4, 6, 3), 32, 4), 22.2),
    RESNEXT.net("resnext101_32x4d", partial(resnext, DEEP, 32, 4), 21.2),
    RESNEXT.net("resnext101_64x4d", partial(resnext, DEEP, 64, 4), 20.4),
    WEAK.net("resnext101_32x8d", partial(resnext, DEEP, 32, 8), 20.69, 5.47),
    WEAK.net("resnext101_32x48d", partial(resnext, DEEP, 32, 48)),
)
