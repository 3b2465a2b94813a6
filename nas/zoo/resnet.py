"""ResNet: H(x) = F(x) + x, so that depth helps. Source: arXiv:1512.03385; with activations first:
arXiv:1603.05027; Wide ResNet: arXiv:1605.07146.

As torchvision's and timm's, bottlenecks stride on their 3x3; the paper's stride on the first 1x1
(`resnet50_2015`), with the same parameters and fewer MACs (3.86 against 4.09 G). The stems of the
pre-activation networks are not normalised, as timm's.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from nas.dsl import (
    act,
    basic,
    bottleneck,
    classifier,
    conv,
    default,
    image,
    maxpool,
    norm,
    preact,
    preact_basic,
)
from nas.genotype import Genotype
from nas.zoo._base import Paper

RESNET = Paper(
    "ResNet", 2015, "ResNet, arXiv:1512.03385", idea="H(x) = F(x) + x, so that depth helps"
)
PREACT = Paper(
    "ResNet",
    2016,
    "Identity mappings, arXiv:1603.05027",
    idea="activations before convolutions: the identity runs through",
)
WIDE = Paper(
    "Wide ResNet", 2016, "Wide ResNet, arXiv:1605.07146", idea="fewer and wider residual blocks"
)
POOL = maxpool(3, stride=2)
HE = "KaimingHe/deep-residual-networks README, 1 crop"


def resnet(depths: Iterable[int], *, pool: Genotype = POOL, **fields: object) -> Genotype:
    """Table 1: four stages of bottlenecks with these `fields`."""
    net = image(3, 224, 224) >> conv(64, 7, stride=2) >> pool
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


def preact_resnet(depths: Iterable[int]) -> Genotype:
    """arXiv:1603.05027, Figure 4 (e): nothing follows the sums; a norm and activation end it."""
    stem = default(norm="none") >> conv(64, 7, stride=2, act="none", bias=False)
    net = image(3, 224, 224) >> stem >> maxpool(3, stride=2)
    for width, depth in zip((256, 512, 1024, 2048), depths, strict=True):
        stride = {} if width == 256 else {"stride": 2}
        net = net >> preact(width, **stride) * depth
    return net >> norm >> act >> classifier(1000)


def resnet_cifar(depth: int) -> Genotype:
    """Section 4.2: three stages for 32x32 images, 6n + 2 layers, shortcuts without parameters."""
    net = image(3, 32, 32) >> conv(16, 3)
    for width in (16, 32, 64):
        stride = {} if width == 16 else {"stride": 2}
        net = net >> basic(width, **stride, shortcut="pad") * ((depth - 2) // 6)
    return net >> classifier(10)


def wide_resnet_cifar(depth: int, factor: int) -> Genotype:
    """arXiv:1605.07146, Table 1: 6n + 4 layers, `factor` times as wide."""
    net = image(3, 32, 32) >> (default(norm="none") >> conv(16, 3, act="none", bias=False))
    for width in (16, 32, 64):
        stride = {} if width == 16 else {"stride": 2}
        net = net >> preact_basic(width * factor, **stride, dropout=0.3) * ((depth - 4) // 6)
    return net >> norm >> act >> classifier(10)


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
    WIDE.net("wrn28_10_cifar10", partial(wide_resnet_cifar, 28, 10), aliases=("wrn28_10",)),
    PREACT.net("resnetv2_50", partial(preact_resnet, (3, 4, 6, 3))),
    PREACT.net("resnetv2_101", partial(preact_resnet, (3, 4, 23, 3))),
    PREACT.net("resnetv2_152", partial(preact_resnet, (3, 8, 36, 3))),
    PREACT.net("resnetv2_200", partial(preact_resnet, (3, 24, 36, 3))),
    RESNET.net("resnet50_2015", partial(resnet, (3, 4, 6, 3), early=True)),
    RESNET.net("resnet101_2015", partial(resnet, (3, 4, 23, 3), early=True)),
    RESNET.net("resnet152_2015", partial(resnet, (3, 8, 36, 3), early=True)),
    RESNET.net("resnet20_cifar10", partial(resnet_cifar, 20), aliases=("resnet20",)),
    RESNET.net("resnet56_cifar10", partial(resnet_cifar, 56), aliases=("resnet56",)),
    RESNET.net("resnet110_cifar10", partial(resnet_cifar, 110), aliases=("resnet110",)),
)
