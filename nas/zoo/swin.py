"""Swin: attention in windows that shift from block to block, on four scales. Source:
arXiv:2103.14030; V2: arXiv:2111.09883.

torchvision's V2 (`swin_v2_t`, ...) has key biases that are held at zero; the paper's, its authors'
and timm's (`swinv2_tiny_window8_256`, ...) have none: the same function, fewer parameters. A window
larger than the map is the map, as the authors' and timm's, where torchvision pads the map.
"""

from __future__ import annotations

from functools import partial

from nas.dsl import classifier, default, image, norm, patch_embed, patch_merge
from nas.dsl import cosine_transformer as block_v2
from nas.dsl import transformer as block
from nas.genotype import Genotype
from nas.zoo._base import Paper

SWIN = Paper(
    "Swin",
    2021,
    "Swin, arXiv:2103.14030",
    "microsoft/Swin-Transformer README",
    idea="attention in windows that shift from block to block, on four scales",
)
V2 = Paper(
    "Swin",
    2021,
    "Swin V2, arXiv:2111.09883",
    idea="cosine attention and norms after the branches, for billions of parameters",
)
SMALL, BASE = (2, 2, 18, 2), 128


def swin(width: int = 96, depths: tuple[int, ...] = (2, 2, 6, 2)) -> Genotype:
    """Section 3.3: pairs of blocks with windows of 7x7, the second one's shifted by 3; heads 32
    wide."""
    net = image(3, 224, 224) >> default(norm="layer", eps=1e-5) >> patch_embed(width, 4) >> norm
    for stage, depth in enumerate(depths):
        here = partial(block, width // 32 << stage, window=7, bias="relative")
        net = net >> (here() >> here(shift=3)) * (depth // 2)
        if stage < 3:
            net = net >> patch_merge
    return net >> norm >> classifier(1000)


def swin_v2(
    width: int = 96,
    depths: tuple[int, ...] = (2, 2, 6, 2),
    window: int = 8,
    pixels: int = 256,
    key_bias: bool = False,
    extra: int = 0,
) -> Genotype:
    """Section 3: normalised after each branch, attention by cosine; after every `extra` blocks a
    norm on the main branch."""
    net = image(3, pixels, pixels) >> default(norm="layer", eps=1e-5)
    net = net >> patch_embed(width, 4) >> norm
    for stage, depth in enumerate(depths):
        here = partial(block_v2, width // 32 << stage, window=window, key_bias=key_bias)
        pairs = here() >> here(shift=window // 2)
        if extra and depth >= extra:
            net = net >> (pairs * (extra // 2) >> norm) * (depth // extra)
        else:
            net = net >> pairs * (depth // 2)
        if stage < 3:
            net = net >> patch_merge(after=True)
    return net >> norm >> classifier(1000)


REFERENCES = (
    SWIN.net("swin_t", swin, 18.8, 4.5, aliases=("swin_tiny_patch4_window7_224",)),
    SWIN.net(
        "swin_s", partial(swin, 96, SMALL), 16.8, 3.8, aliases=("swin_small_patch4_window7_224",)
    ),
    SWIN.net(
        "swin_b", partial(swin, BASE, SMALL), 16.5, 3.5, aliases=("swin_base_patch4_window7_224",)
    ),
    V2.net("swin_v2_t", partial(swin_v2, key_bias=True), 17.93, 3.87),
    V2.net("swin_v2_s", partial(swin_v2, 96, SMALL, key_bias=True), 16.29, 3.18),
    V2.net("swin_v2_b", partial(swin_v2, BASE, SMALL, key_bias=True), 15.89, 3.14),
    V2.net("swinv2_tiny_window8_256", swin_v2),
    V2.net("swinv2_small_window8_256", partial(swin_v2, 96, SMALL)),
    V2.net("swinv2_base_window8_256", partial(swin_v2, BASE, SMALL)),
    V2.net(
        "swinv2_large_window12_192",
        partial(swin_v2, 192, SMALL, 12, 192),
        aliases=("swin_v2_l",),
    ),
    V2.net("swin_v2_g", partial(swin_v2, 512, (2, 2, 42, 4), 12, 192, extra=6)),
)
