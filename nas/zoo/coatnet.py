"""CoAtNet: convolutions first, attention with relative positions after. Source: arXiv:2106.04803.

Where a stage begins the paper takes the largest of each 2x2 and strides on the 1x1 that expands
(eq. 4 and 5); timm's (`coatnet_0_224`, ...), the only public ones with the paper's widths, take the
mean and stride on the 3x3. Both have as many parameters. The hidden layer of the head is timm's:
with it the parameters are those that the paper gives. So is CoAtNet-6's last stage 3072 wide (1.47
billion); transcriptions of the paper's table say 2048, which makes 1.35. 4 to 7 were used with
larger images. timm's `_rw` ones, the only with public weights, differ in more; their residuals are
written as sums, which drop-path leaves alone.
"""

from __future__ import annotations

from functools import partial

from nas.dsl import (
    act,
    attention,
    avgpool,
    classifier,
    conv,
    default,
    depthwise,
    fc,
    global_pool,
    identity,
    image,
    mlp,
    norm,
    se,
)
from nas.dsl import prenorm_mbconv as mbconv
from nas.dsl import strided_transformer as transformer
from nas.genotype import Genotype
from nas.zoo._base import Paper

COATNET = Paper(
    "CoAtNet",
    2021,
    "CoAtNet, arXiv:2106.04803",
    "arXiv:2106.04803v2",
    idea="convolutions first, attention with relative positions after",
)
TIMM = Paper("CoAtNet", 2022, "CoAtNet, arXiv:2106.04803, as timm trained it")
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


def coatnet_rw(
    stem: int,
    widths: tuple[int, int, int, int],
    depths: tuple[int, int, int, int],
    *,
    pooled: bool = False,
    early: bool = False,
) -> Genotype:
    """timm's own: SiLU in convolutions that expand their input's channels, an activation right
    after their first norm, attention that widens in its projection, a plain head.

    `pooled`: convolutions halve the map by means, not by a stride; `early`: they are reweighed
    before the norm.
    """
    half, batch, layer = avgpool(2, stride=2), norm("batch") >> act("silu"), norm("layer")
    bare = partial(conv, act="none", bias=False)
    reweighed = se(0.25) >> batch if early else batch >> se(0.25, "silu")
    perceptron = identity + (layer >> mlp)
    net = image(3, 224, 224) >> conv(stem // 2, 3, stride=2, act="silu")
    net, before = net >> default(norm="none") >> bare(stem, 3), stem
    for number, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        for first, times in ((True, 1), (False, depth - 1)):
            skip: Genotype = half if first else identity()
            if width != before:
                skip = skip >> conv(width, act="none", bias=number > 1 and not early)
            if number < 2:
                stride = {"stride": 2} if first and not pooled else {}
                read = batch >> half if first and pooled else batch
                filtered = bare(4 * before) >> batch >> depthwise(act="none", **stride)
                block = skip + (read >> filtered >> reweighed >> bare(width))
            else:
                read = layer >> half if first else layer
                wider = {"out": width, "width": before} if first else {}
                seen = attention(before // HEAD, **wider, bias="relative", interleaved=True)
                block = skip + (read >> seen) >> perceptron
            net, before = net >> block * times, width
    return net >> layer >> classifier(1000)


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
    TIMM.net(
        "coatnet_0_rw_224",
        partial(coatnet_rw, 64, (96, 192, 384, 768), (2, 3, 7, 2), pooled=True, early=True),
    ),
    TIMM.net(
        "coatnet_1_rw_224",
        partial(coatnet_rw, 64, (96, 192, 384, 768), (2, 6, 14, 2), early=True),
    ),
    TIMM.net("coatnet_2_rw_224", partial(coatnet_rw, 128, (128, 256, 512, 1024), (2, 6, 14, 2))),
)
