"""Inception: 1x1, 3x3, 5x5 and pooling side by side, 1x1 reductions, auxiliary heads. Source:
GoogLeNet, arXiv:1409.4842.

torchvision's GoogLeNet normalises each batch, has no local response normalization, and its "5x5"
branches are 3x3 (a slip of the TensorFlow original that its weights were trained with).
"""

from __future__ import annotations

from nas.dsl import aux, classifier, conv, default, fc, image, maxpool, pool_to
from nas.genotype import Genotype
from nas.zoo._base import Paper

GOOGLENET = Paper("Inception", 2014, "GoogLeNet, arXiv:1409.4842")


def _inception(one: int, r3: int, three: int, r5: int, five: int, pool: int) -> Genotype:
    """Figure 2 (b): four branches, their outputs concatenated."""
    branches: Genotype = (
        conv(one)
        | conv(r3) >> conv(three, 3)
        | conv(r5) >> conv(five, 3)
        | maxpool >> conv(pool)
    )  # fmt: skip
    return branches


def googlenet() -> Genotype:
    """Table 1 with torchvision's settings."""
    head = pool_to(4) >> conv(128) >> fc(1024, dropout=0.7) >> classifier(1000)
    net: Genotype = (
        image(3, 224, 224)
        >> default(eps=0.001)
        >> conv(64, 7, stride=2)
        >> maxpool(3, stride=2, padding=0, ceil=True)
        >> conv(64)
        >> conv(192, 3)
        >> maxpool(3, stride=2, padding=0, ceil=True)
        >> _inception(64, 96, 128, 16, 32, 32) @ "3a"
        >> _inception(128, 128, 192, 32, 96, 64) @ "3b"
        >> maxpool(3, stride=2, padding=0, ceil=True)
        >> _inception(192, 96, 208, 16, 48, 64) @ "4a"
        >> aux(head)
        >> _inception(160, 112, 224, 24, 64, 64) @ "4b"
        >> _inception(128, 128, 256, 24, 64, 64) @ "4c"
        >> _inception(112, 144, 288, 32, 64, 64) @ "4d"
        >> aux(head)
        >> _inception(256, 160, 320, 32, 128, 128) @ "4e"
        >> maxpool(2, stride=2, padding=0, ceil=True)
        >> _inception(256, 160, 320, 32, 128, 128) @ "5a"
        >> _inception(384, 192, 384, 48, 128, 128) @ "5b"
        >> classifier(1000, dropout=0.2)
    )
    return net


REFERENCES = (GOOGLENET.net("googlenet", googlenet, 30.22, 10.47),)
