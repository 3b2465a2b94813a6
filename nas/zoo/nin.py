"""Network in Network: small perceptrons (1x1 convolutions) slid over the map, a class's score is
the mean of its own map. Source: arXiv:1312.4400."""

from __future__ import annotations

from nas.genotype import Genotype, parse
from nas.zoo._base import Paper

NIN = Paper(
    "NIN",
    2013,
    "Network in Network, arXiv:1312.4400",
    idea="1x1 convolutions; a class's score is the mean of its own map",
)


def nin() -> Genotype:
    """The authors' ImageNet model of Caffe's model zoo."""
    return parse("""
        image(3, 224, 224)
        >> default(norm="none")
        >> conv(96, 11, stride=4, padding=0) >> conv(96) * 2
        >> maxpool(3, stride=2, padding=0, ceil=True)
        >> conv(256, 5) >> conv(256) * 2
        >> maxpool(3, stride=2, padding=0, ceil=True)
        >> conv(384, 3) >> conv(384) * 2
        >> maxpool(3, stride=2, padding=0, ceil=True)
        >> dropout >> conv(1024, 3) >> conv(1024) >> conv(1000)
        >> global_pool
    """)


def nin_cifar10() -> Genotype:
    """Section 4.2, for 32x32 images."""
    return parse("""
        image(3, 32, 32)
        >> default(norm="none")
        >> conv(192, 5) >> conv(160) >> conv(96)
        >> maxpool(3, stride=2) >> dropout
        >> conv(192, 5) >> conv(192) * 2
        >> avgpool(3, stride=2) >> dropout
        >> conv(192, 3) >> conv(192) >> conv(10)
        >> global_pool
    """)


REFERENCES = (NIN.net("nin", nin), NIN.net("nin_cifar10", nin_cifar10))
