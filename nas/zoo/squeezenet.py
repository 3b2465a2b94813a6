"""SqueezeNet: AlexNet's accuracy with 50 times fewer parameters: squeeze by 1x1, expand by 1x1 and
3x3. Source: arXiv:1602.07360; 1.1: the authors' repository DeepScale/SqueezeNet."""

from __future__ import annotations

from nas.dsl import conv, default, dropout, global_pool, image, maxpool
from nas.genotype import Genotype
from nas.zoo._base import Paper

SQUEEZENET = Paper(
    "SqueezeNet",
    2016,
    "SqueezeNet, arXiv:1602.07360",
    idea="squeeze by 1x1, expand by 1x1 and 3x3: AlexNet's accuracy at 1/50 of its parameters",
)


def fire(squeezed: int) -> Genotype:
    """Section 3.2: a quarter of the channels put out by either expansion feeds both."""
    return conv(squeezed) >> (conv(4 * squeezed) | conv(4 * squeezed, 3))


def _net(stem: Genotype, *stages: tuple[int, ...]) -> Genotype:
    net = image(3, 224, 224) >> default(norm="none") >> stem
    for widths in stages:
        net = net >> maxpool(3, stride=2, padding=0, ceil=True)
        for width in widths:
            net = net >> fire(width)
    return net >> dropout(0.5) >> conv(1000) >> global_pool


def squeezenet1_0() -> Genotype:
    """Table 1."""
    stem = conv(96, 7, stride=2, padding=0)
    return _net(stem, (16, 16, 32), (32, 48, 48, 64), (64,))


def squeezenet1_1() -> Genotype:
    """Smaller stem, earlier pooling: 2.4 times less computation."""
    stem = conv(64, 3, stride=2, padding=0)
    return _net(stem, (16, 16), (32, 32), (48, 48, 64, 64))


REFERENCES = (
    SQUEEZENET.net("squeezenet1_0", squeezenet1_0, 41.91, 19.58),
    SQUEEZENET.net("squeezenet1_1", squeezenet1_1, 41.82, 19.38),
)
