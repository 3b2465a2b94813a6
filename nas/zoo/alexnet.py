"""AlexNet: ReLU, dropout, overlapping pooling, two GPUs. Source: Krizhevsky, Sutskever, Hinton,
NIPS 2012.

torchvision's `alexnet` is the single-column network of a later report (arXiv:1404.5997), without
local response normalization; the network of the paper is `alexnet_2012`.
"""

from __future__ import annotations

from nas.genotype import Genotype, parse
from nas.zoo._base import Paper

NIPS = Paper(
    "AlexNet",
    2012,
    "AlexNet, NIPS 2012",
    idea="ReLU, dropout, overlapping pooling, local response normalization, two GPUs",
)
ONE_TRICK = Paper(
    "AlexNet",
    2014,
    "One weird trick, arXiv:1404.5997",
    idea="AlexNet in one column, without local response normalization",
)


def alexnet() -> Genotype:
    """One weird trick for parallelizing convolutional neural networks, arXiv:1404.5997,
    section 5."""
    return parse("""
        image(3, 224, 224)
        >> default(norm="none")
        >> conv(64, 11, stride=4, padding=2)
        >> maxpool(3, stride=2, padding=0)
        >> conv(192, 5)
        >> maxpool(3, stride=2, padding=0)
        >> conv(384, 3)
        >> conv(256, 3) * 2
        >> maxpool(3, stride=2, padding=0)
        >> dropout
        >> fc(4096, dropout=0.5)
        >> fc(4096)
        >> classifier(1000)
    """)


def alexnet_2012(groups: int = 2) -> Genotype:
    """Section 3.5; the image is 227 pixels, as the sizes of the paper's Figure 2 need."""
    return parse(f"""
        image(3, 227, 227)
        >> default(norm="none")
        >> conv(96, 11, stride=4, padding=0) >> lrn(5, k=2) >> maxpool(3, stride=2, padding=0)
        >> conv(256, 5, groups={groups}) >> lrn(5, k=2) >> maxpool(3, stride=2, padding=0)
        >> conv(384, 3)
        >> conv(384, 3, groups={groups})
        >> conv(256, 3, groups={groups})
        >> maxpool(3, stride=2, padding=0)
        >> fc(4096, dropout=0.5) * 2
        >> classifier(1000)
    """)


REFERENCES = (
    NIPS.net("alexnet_2012", alexnet_2012),
    ONE_TRICK.net("alexnet", alexnet, 43.48, 20.93),
)
