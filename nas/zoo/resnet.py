"""ResNet: H(x) = F(x) + x, so that depth helps. Source: arXiv:1512.03385; Wide ResNet:
arXiv:1605.07146.

As torchvision's and timm's, bottlenecks stride on their 3x3; the paper's stride on the first 1x1,
with the same parameters and fewer MACs (ResNet-50: 3.86 against 4.09 G).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from nas.dsl import basic, bottleneck, classifier, conv, image, maxpool
from nas.genotype import Genotype
from nas.zoo._base import Paper

RESNET = Paper("ResNet", 2015, "ResNet, arXiv:1512.03385")
WIDE = Paper("Wide ResNet", 2016, "Wide ResNet, arXiv:1605.07146")
HE = "KaimingHe/deep-residual-networks README, 1 crop"


def resnet(depths: Iterable[int], **fields: object) -> Genotype:
    """Table 1: four stages of bottlenecks with these `fields`."""
    net = image(3, 224, 224) >> conv(64, 7, stride=2) >> maxpool(3, stride=2)
    for width, depth in zip((256, 512, 1024, 2048), depths, strict=True):
        stride = {} if width == 256 else {"stride": 2}
        net = net >> bottleneck(width, **stride, **fields) * depth
    return net >> classifier(1000)


def resnet_basic(depths: Iterable[int]) -> Genotype:
    """Table 1: four stages of two 3x3 convolutions a block."""
    net = image(3, 224, 224) >> conv(64, 7, stride=2) >> maxpool(3, stride=2)
    for width, depth in zip((64, 128, 256, 512), depths, strict=True):
        stride = {} if width == 64 else {"stride": 2}
        net = net >> basic(width, **stride) * depth
    return net >> classifier(1000)


REFERENCES = (
    RESNET.net("resnet18", partial(resnet_basic, (2, 2, 2, 2)), 30.24, 10.92),
    RESNET.net("resnet34", partial(resnet_basic, (3, 4, 6, 3)), 26.69, 8.58),
    RESNET.net("resnet50", partial(resnet, (3, 4, 6, 3)), 24.7, 7.8, source=HE),
    RESNET.net("resnet101", partial(resnet, (3, 4, 23, 3)), 23.6, 7.1, source=HE),
    RESNET.net("resnet152", partial(resnet, (3, 8, 36, 3)), 23.0, 6.7, source=HE),
    WIDE.net(
        "wide_resnet50_2",
        partial(resnet, (3, 4, 6, 3), width=0.5),
        21.9,
        5.79,
        source="szagoruyko/wide-residual-networks README",
    ),
    WIDE.net("wide_resnet101_2", partial(resnet, (3, 4, 23, 3), width=0.5), 21.15, 5.72),
)
