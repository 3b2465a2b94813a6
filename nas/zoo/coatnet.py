"""CoAtNet: convolutions first, attention with relative positions after. Source: arXiv:2106.04803.

Where a stage begins the paper takes the largest of each 2x2 and strides on the 1x1 that expands
(eq. 4 and 5); timm's (`coatnet_0_224`, ...), the only public ones with the paper's widths, take the
mean and stride on the 3x3. Both have as many parameters. The hidden layer of the head is timm's:
with it the parameters are those that the paper gives. So is CoAtNet-6's last stage 3072 wide (1.47
billion); transcriptions of the paper's table say 2048, which makes 1.35. 4 to 7 were used with
larger images.
"""

from __future__ import annotations

from functools import partial

from nas.dsl import classifier, conv, default, fc, global_pool, image, norm
from nas.dsl import prenorm_mbconv as mbconv
from nas.dsl import strided_transformer as transformer
from nas.genotype import Genotype
from nas.zoo._base import Paper

COATNET = Paper("CoAtNet", 2021, "CoAtNet, arXiv:2106.04803", "arXiv:2106.04803v2")
ABSTRACT = "arXiv:2106.04803, abstract"
HEAD = 32  # channels of a head


def coatnet(
    stem: int,
    widths: tuple[int, int, int, int],
    depths: tuple[int, int, int, int],
    mixed: tuple[int, int] | None = None,
    timm: bool = False,
) -> Genotype:
    """Tables 3 and 12; `mixed` is the width and depth of convolutions at the third stage's
    beginning."""
    pool = {"pool": "avg"} if timm else {}
    strided = {**pool, "strided": "depthwise"} if timm else {}
    bare = default(norm="none") >> conv(stem, 3, act="none", bias=False)
    net = image(3, 224, 224) >> conv(stem, 3, stride=2, act="gelu") >> bare
    stages = list(zip(widths, depths, strict=True))
    for width, depth in [*stages[:2], *([mixed] if mixed else [])]:
        net = net >> mbconv(width, stride=2, **strided) * depth
    for number, (width, depth) in enumerate(stages[2:]):
        stride = {} if mixed and not number else {"stride": 2}
        net = net >> transformer(width, width // HEAD, **stride, **pool) * depth
    return net >> global_pool >> norm("layer") >> fc(widths[3], act="tanh") >> classifier(1000)


PAPER = (
    partial(coatnet, 64, (96, 192, 384, 768), (2, 3, 5, 2)),
    partial(coatnet, 64, (96, 192, 384, 768), (2, 6, 14, 2)),
    partial(coatnet, 128, (128, 256, 512, 1024), (2, 6, 14, 2)),
    partial(coatnet, 192, (192, 384, 768, 1536), (2, 6, 14, 2)),
    partial(coatnet, 192, (192, 384, 768, 1536), (2, 12, 28, 2)),
    partial(coatnet, 192, (256, 512, 1280, 2048), (2, 12, 28, 2)),
    partial(coatnet, 192, (192, 384, 1536, 3072), (2, 4, 42, 2), (768, 8)),
    partial(coatnet, 192, (256, 512, 2048, 3072), (2, 4, 42, 2), (1024, 8)),
)

REFERENCES = (
    COATNET.net("coatnet_0", PAPER[0], 18.4),
    COATNET.net("coatnet_1", PAPER[1], 16.7),
    COATNET.net("coatnet_2", PAPER[2], 15.9),
    COATNET.net("coatnet_3", PAPER[3], 15.5),
    COATNET.net("coatnet_4", PAPER[4], 11.44, source=f"{ABSTRACT} (ImageNet-21K, 512 pixels)"),
    COATNET.net("coatnet_5", PAPER[5], 10.23, source=f"{ABSTRACT} (JFT-300M, 512 pixels)"),
    COATNET.net("coatnet_6", PAPER[6]),
    COATNET.net("coatnet_7", PAPER[7], 9.12, source=f"{ABSTRACT} (JFT-3B, 512 pixels)"),
    *(
        COATNET.net(f"coatnet_{number}_224", partial(build, timm=True))
        for number, build in enumerate(PAPER[:6])
    ),
)
