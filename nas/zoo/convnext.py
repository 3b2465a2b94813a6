"""ConvNeXt: a convolutional network with what transformers brought. Source: arXiv:2201.03545."""

from __future__ import annotations

from functools import partial

from nas.dsl import classifier, default, global_pool, image, norm, patch_embed
from nas.dsl import convnext as block
from nas.genotype import Genotype
from nas.zoo._base import Paper

CONVNEXT = Paper(
    "ConvNeXt",
    2022,
    "ConvNeXt, arXiv:2201.03545",
    "facebookresearch/ConvNeXt README",
    idea="a convolutional network with what transformers brought",
)


def convnext(width: int, depth: int) -> Genotype:
    """Section 3: four stages, the third of `depth` blocks; twice the width at each halving."""
    net = image(3, 224, 224) >> default(norm="layer") >> patch_embed(width, 4) >> norm
    net = net >> block * 3
    for stage, times in enumerate((3, depth, 3), 1):
        net = net >> norm >> patch_embed(width << stage, 2) >> block * times
    return net >> global_pool >> norm >> classifier(1000)


REFERENCES = (
    CONVNEXT.net("convnext_tiny", partial(convnext, 96, 9), 17.9),
    CONVNEXT.net("convnext_small", partial(convnext, 96, 27), 16.9),
    CONVNEXT.net("convnext_base", partial(convnext, 128, 27), 16.2),
    CONVNEXT.net("convnext_large", partial(convnext, 192, 27), 15.7),
)
