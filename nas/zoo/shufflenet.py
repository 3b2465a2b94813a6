"""ShuffleNet: grouped 1x1 convolutions mixed by a channel shuffle (v1, arXiv:1707.01083); a split
instead of groups, since memory traffic costs time too (v2, arXiv:1807.11164)."""

from __future__ import annotations

from functools import partial

from nas.dsl import classifier, conv, image, maxpool, shuffle_group, shuffle_split
from nas.genotype import Genotype
from nas.zoo._base import Paper

V1 = Paper(
    "ShuffleNet",
    2017,
    "ShuffleNet, arXiv:1707.01083",
    idea="grouped 1x1 convolutions, mixed by a channel shuffle",
)
V2 = Paper(
    "ShuffleNet",
    2018,
    "ShuffleNetV2, arXiv:1807.11164",
    idea="a split instead of groups, as memory traffic costs time too",
)


def shufflenet(groups: int, width: int) -> Genotype:
    """v1, Table 1: `width` channels in the first stage, twice and four times as many after it."""
    net = image(3, 224, 224) >> conv(24, 3, stride=2) >> maxpool(3, stride=2)
    for out, depth in ((width, 3), (2 * width, 7), (4 * width, 3)):
        grouped = {} if out > width else {"grouped": False}
        net = net >> shuffle_group(out, stride=2, groups=groups, **grouped)
        net = net >> shuffle_group(out, groups=groups) * depth
    return net >> classifier(1000)


def shufflenet_v2(width: int, last: int = 1024) -> Genotype:
    """v2, Table 5."""
    net = image(3, 224, 224) >> conv(24, 3, stride=2) >> maxpool(3, stride=2)
    for out, depth in ((width, 4), (2 * width, 8), (4 * width, 4)):
        net = net >> shuffle_split(out, stride=2) * depth
    return net >> conv(last) >> classifier(1000)


REFERENCES = (
    V1.net("shufflenet_g1_w1", partial(shufflenet, 1, 144)),
    V1.net("shufflenet_g2_w1", partial(shufflenet, 2, 200)),
    V1.net("shufflenet_g3_w1", partial(shufflenet, 3, 240)),
    V1.net("shufflenet_g4_w1", partial(shufflenet, 4, 272)),
    V1.net("shufflenet_g8_w1", partial(shufflenet, 8, 384)),
    V2.net("shufflenet_v2_x0_5", partial(shufflenet_v2, 48), 39.45, 18.25),
    V2.net("shufflenet_v2_x1_0", partial(shufflenet_v2, 116), 30.64, 11.68),
    V2.net("shufflenet_v2_x1_5", partial(shufflenet_v2, 176), 27.0, 8.91),
    V2.net("shufflenet_v2_x2_0", partial(shufflenet_v2, 244, 2048), 23.77, 6.99),
)
