"""DenseNet: each layer reads all before it. Source: arXiv:1608.06993.

The paper's DenseNet-264 grows by 32 channels a layer; timm's `densenet264d` (48, deep stem) is
another network.
"""

from __future__ import annotations

from functools import partial

from nas.dsl import act, classifier, conv, dense, image, maxpool, norm, transition
from nas.genotype import Genotype
from nas.zoo._base import Paper

DENSENET = Paper(
    "DenseNet",
    2016,
    "DenseNet, arXiv:1608.06993",
    "liuzhuang13/DenseNet README, 1 crop",
    idea="each layer reads all before it",
)


def densenet(depths: tuple[int, int, int, int], growth: int = 32) -> Genotype:
    """Table 1: four dense blocks with transitions between them."""
    net = image(3, 224, 224) >> conv(2 * growth, 7, stride=2) >> maxpool(3, stride=2)
    for stage, depth in enumerate(depths):
        net = (net >> transition if stage else net) >> dense(depth, growth)
    return net >> norm >> act >> classifier(1000)


REFERENCES = (
    DENSENET.net("densenet121", partial(densenet, (6, 12, 24, 16)), 25.0),
    DENSENET.net("densenet161", partial(densenet, (6, 12, 36, 24), 48), 22.2),
    DENSENET.net("densenet169", partial(densenet, (6, 12, 32, 32)), 23.6),
    DENSENET.net("densenet201", partial(densenet, (6, 12, 48, 32)), 22.5),
    DENSENET.net("densenet264", partial(densenet, (6, 12, 64, 48))),
)
