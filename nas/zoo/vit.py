"""ViT: an image as 16x16 words, read by a plain transformer. Source: arXiv:2010.11929; the tiny and
small ones, and training on ImageNet alone, DeiT: arXiv:2012.12877.

DeiT's networks are ViT's: what is new is how they were trained. The ones with a distillation token
are not here.
"""

from __future__ import annotations

from functools import partial

from nas.dsl import class_token, classifier, default, image, norm, patch_embed, positions
from nas.dsl import transformer as block
from nas.genotype import Genotype
from nas.zoo._base import Paper

VIT = Paper(
    "ViT",
    2020,
    "ViT, arXiv:2010.11929",
    idea="an image as 16x16 words, read by a plain transformer",
)
DEIT = Paper(
    "ViT",
    2020,
    "DeiT, arXiv:2012.12877",
    "facebookresearch/deit README_deit.md",
    idea="transformers trained on ImageNet alone, by strong augmentation",
)


def vit(width: int, depth: int, heads: int, patch: int = 16) -> Genotype:
    """Table 1: a class token, learned positions, `depth` blocks, the class read off its token."""
    return (
        image(3, 224, 224)
        >> default(norm="layer")
        >> (patch_embed(width, patch) >> class_token >> positions)
        >> block(heads) * depth
        >> norm
        >> classifier(1000, pool="token")
    )


TINY, SMALL = (192, 12, 3), (384, 12, 6)
BASE, LARGE = (768, 12, 12), (1024, 24, 16)

REFERENCES = (
    VIT.net("vit_tiny_patch16_224", partial(vit, *TINY), aliases=("vit_ti_16",)),
    VIT.net("vit_small_patch16_224", partial(vit, *SMALL), aliases=("vit_s_16",)),
    VIT.net("vit_b_16", partial(vit, *BASE), 18.93, 4.68, aliases=("vit_base_patch16_224",)),
    VIT.net("vit_b_32", partial(vit, *BASE, 32), 24.09, 7.53, aliases=("vit_base_patch32_224",)),
    VIT.net("vit_l_16", partial(vit, *LARGE), 20.34, 5.36, aliases=("vit_large_patch16_224",)),
    VIT.net("vit_l_32", partial(vit, *LARGE, 32), 23.03, 6.93, aliases=("vit_large_patch32_224",)),
    DEIT.net("deit_tiny_patch16_224", partial(vit, *TINY), 27.8, 8.9),
    DEIT.net("deit_small_patch16_224", partial(vit, *SMALL), 20.1, 5.0),
    DEIT.net("deit_base_patch16_224", partial(vit, *BASE), 18.2, 4.4),
)
