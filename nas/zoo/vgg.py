"""VGG: only 3x3 convolutions, ever deeper. Source: arXiv:1409.1556.

The `_bn` variants normalise after every convolution, which keeps its bias (as torchvision's and
timm's).
"""

from __future__ import annotations

from functools import partial

from nas.dsl import classifier, conv, default, fc, image, maxpool
from nas.genotype import Genotype
from nas.zoo._base import Paper

VGG = Paper("VGG", 2014, "VGG, arXiv:1409.1556", idea="only 3x3 convolutions, ever deeper")
HE = "KaimingHe/deep-residual-networks README, 1 crop"


def vgg(depths: tuple[int, int, int, int, int], *, norm: bool = False) -> Genotype:
    """Table 1: five stages of 3x3 convolutions with a 2x2 pooling after each."""
    net = image(3, 224, 224) if norm else image(3, 224, 224) >> default(norm="none")
    bias = {"bias": True} if norm else {}
    for width, depth in zip((64, 128, 256, 512, 512), depths, strict=True):
        net = net >> conv(width, 3, **bias) * depth >> maxpool(2, stride=2)
    return net >> fc(4096, dropout=0.5) * 2 >> classifier(1000)


REFERENCES = (
    VGG.net("vgg11", partial(vgg, (1, 1, 2, 2, 2)), 30.98, 11.37),
    VGG.net("vgg11_bn", partial(vgg, (1, 1, 2, 2, 2), norm=True), 29.63, 10.19),
    VGG.net("vgg13", partial(vgg, (2, 2, 2, 2, 2)), 30.07, 10.75),
    VGG.net("vgg13_bn", partial(vgg, (2, 2, 2, 2, 2), norm=True), 28.41, 9.63),
    VGG.net("vgg16", partial(vgg, (2, 2, 3, 3, 3)), 28.5, 9.9, source=HE),
    VGG.net("vgg16_bn", partial(vgg, (2, 2, 3, 3, 3), norm=True), 26.64, 8.48),
    VGG.net("vgg19", partial(vgg, (2, 2, 4, 4, 4)), 27.62, 9.12),
    VGG.net("vgg19_bn", partial(vgg, (2, 2, 4, 4, 4), norm=True), 25.78, 8.16),
)
