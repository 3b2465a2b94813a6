"""Inception: 1x1, 3x3, 5x5 and pooling side by side, 1x1 reductions, auxiliary heads. Source:
GoogLeNet, arXiv:1409.4842; with batch normalization, arXiv:1502.03167; v3, arXiv:1512.00567; v4 and
Inception-ResNet, arXiv:1602.07261.

torchvision's GoogLeNet normalises each batch, has no local response normalization, and its "5x5"
branches are 3x3 (a slip of the TensorFlow original that its weights were trained with); the
network of the paper is `googlenet_2014`.
"""

from __future__ import annotations

from nas.dsl import (
    act,
    aux,
    avgpool,
    classifier,
    conv,
    default,
    dropout,
    fc,
    global_pool,
    identity,
    image,
    lrn,
    maxpool,
    norm,
    pool_to,
    scale,
)
from nas.genotype import Genotype
from nas.zoo._base import Paper

SLIM = "tensorflow/models, slim README"
GOOGLENET = Paper(
    "Inception",
    2014,
    "GoogLeNet, arXiv:1409.4842",
    idea="1x1, 3x3, 5x5 and pooling side by side, 1x1 reductions, auxiliary classifiers",
)
V2 = Paper(
    "Inception",
    2015,
    "Batch normalization, arXiv:1502.03167",
    SLIM,
    idea="batch normalization; 5x5 as two 3x3",
)
V3 = Paper(
    "Inception",
    2015,
    "Rethinking Inception, arXiv:1512.00567",
    SLIM,
    idea="NxN as 1xN and Nx1, efficient grid reduction, label smoothing",
)
V4 = Paper(
    "Inception",
    2016,
    "Inception-v4, arXiv:1602.07261",
    SLIM,
    idea="inception modules as residual branches, scaled down",
)


def _inception(
    one: int, r3: int, three: int, r5: int, five: int, pool: int, kernel: int = 3
) -> Genotype:
    """Figure 2 (b): four branches, their outputs concatenated."""
    return (
        conv(one)
        | conv(r3) >> conv(three, 3)
        | conv(r5) >> conv(five, kernel)
        | maxpool >> conv(pool)
    )  # fmt: skip


def _googlenet(net: Genotype, head: Genotype, pool: Genotype, kernel: int) -> Genotype:
    """Table 1 from the first inception module to the last."""
    halve = maxpool(3, stride=2, padding=0, ceil=True)
    return (
        net
        >> _inception(64, 96, 128, 16, 32, 32, kernel) @ "3a"
        >> _inception(128, 128, 192, 32, 96, 64, kernel) @ "3b"
        >> halve
        >> _inception(192, 96, 208, 16, 48, 64, kernel) @ "4a"
        >> aux(head)
        >> _inception(160, 112, 224, 24, 64, 64, kernel) @ "4b"
        >> _inception(128, 128, 256, 24, 64, 64, kernel) @ "4c"
        >> _inception(112, 144, 288, 32, 64, 64, kernel) @ "4d"
        >> aux(head)
        >> _inception(256, 160, 320, 32, 128, 128, kernel) @ "4e"
        >> pool
        >> _inception(256, 160, 320, 32, 128, 128, kernel) @ "5a"
        >> _inception(384, 192, 384, 48, 128, 128, kernel) @ "5b"
    )


def googlenet() -> Genotype:
    """Table 1 with torchvision's settings."""
    halve = maxpool(3, stride=2, padding=0, ceil=True)
    head = pool_to(4) >> conv(128) >> fc(1024, dropout=0.7) >> classifier(1000)
    stem = conv(64, 7, stride=2) >> halve >> conv(64) >> conv(192, 3) >> halve
    net = image(3, 224, 224) >> default(eps=0.001) >> stem
    last = maxpool(2, stride=2, padding=0, ceil=True)
    return _googlenet(net, head, last, 3) >> classifier(1000, dropout=0.2)


def googlenet_2014() -> Genotype:
    """Table 1 as published: local response normalization, 5x5 branches."""
    halve = maxpool(3, stride=2, padding=0, ceil=True)
    mean = avgpool(5, stride=3, padding=0)
    head = mean >> conv(128) >> fc(1024, dropout=0.7) >> classifier(1000)
    stem = conv(64, 7, stride=2) >> halve >> lrn >> conv(64) >> conv(192, 3) >> lrn >> halve
    net = image(3, 224, 224) >> default(norm="none") >> stem
    return _googlenet(net, head, halve, 5) >> classifier(1000, dropout=0.4)


def bninception() -> Genotype:
    """Batch normalization's Figure 5: 5x5 as two 3x3, two modules that halve the map; convolutions
    keep their bias."""

    def filters(out: int, kernel: int = 1, stride: int = 1) -> Genotype:
        return conv(out, kernel, stride=stride, bias=True)

    def inception(one: int, r3: int, three: int, rd: int, double: int, pool: Genotype) -> Genotype:
        return (
            filters(one)
            | filters(r3) >> filters(three, 3)
            | filters(rd) >> filters(double, 3) * 2
            | pool
        )

    def reduction(r3: int, three: int, rd: int, double: int) -> Genotype:
        return (
            filters(r3) >> filters(three, 3, 2)
            | filters(rd) >> filters(double, 3) >> filters(double, 3, 2)
            | halve
        )

    halve = maxpool(3, stride=2, padding=0, ceil=True)
    mean = avgpool >> filters(128)
    return (
        image(3, 224, 224)
        >> filters(64, 7, 2)
        >> halve
        >> filters(64)
        >> filters(192, 3)
        >> halve
        >> inception(64, 64, 64, 64, 96, avgpool >> filters(32)) @ "3a"
        >> inception(64, 64, 96, 64, 96, avgpool >> filters(64)) @ "3b"
        >> reduction(128, 160, 64, 96) @ "3c"
        >> inception(224, 64, 96, 96, 128, mean) @ "4a"
        >> inception(192, 96, 128, 96, 128, mean) @ "4b"
        >> inception(160, 128, 160, 128, 160, mean) @ "4c"
        >> inception(96, 128, 192, 160, 192, mean) @ "4d"
        >> reduction(128, 192, 192, 256) @ "4e"
        >> inception(352, 192, 320, 160, 224, mean) @ "5a"
        >> inception(352, 192, 320, 192, 224, maxpool >> filters(128)) @ "5b"
        >> classifier(1000)
    )


WIDE, TALL = (1, 7), (7, 1)
DOWN = {"stride": 2, "padding": 0}
HALVE = {"kernel": 3, "stride": 2, "padding": 0}


def inception_v3() -> Genotype:
    """Table 1 of arXiv:1512.00567 with the released network's layers: blocks A, B, C, two grid
    reductions, an auxiliary head."""

    def a(pooled: int) -> Genotype:
        mean = avgpool >> conv(pooled)
        return conv(64) | conv(48) >> conv(64, 5) | conv(64) >> conv(96, 3) * 2 | mean

    def b(mid: int) -> Genotype:
        once = conv(mid) >> conv(mid, WIDE) >> conv(192, TALL)
        twice = conv(mid) >> conv(mid, TALL) >> conv(mid, WIDE) >> conv(mid, TALL)
        return conv(192) | once | twice >> conv(192, WIDE) | avgpool >> conv(192)

    cross = conv(384, (1, 3)) | conv(384, (3, 1))
    c = conv(320) | conv(384) >> cross | conv(448) >> conv(384, 3) >> cross | avgpool >> conv(192)
    halve = maxpool(**HALVE)
    to_b = conv(384, 3, **DOWN) | conv(64) >> conv(96, 3) >> conv(96, 3, **DOWN) | halve
    sevens = conv(192) >> conv(192, WIDE) >> conv(192, TALL) >> conv(192, 3, **DOWN)
    to_c = conv(192) >> conv(320, 3, **DOWN) | sevens | halve
    head = avgpool(5, stride=3, padding=0) >> conv(128) >> conv(768, 5, padding=0)
    stem = conv(32, 3, **DOWN) >> conv(32, 3, padding=0) >> conv(64, 3) >> halve
    net = image(3, 299, 299) >> default(eps=0.001) >> stem >> conv(80) >> conv(192, 3, padding=0)
    net = net >> halve >> a(32) >> a(64) * 2 >> to_b >> b(128) >> b(160) * 2 >> b(192)
    net = net >> aux(head >> classifier(1000)) >> to_c >> c * 2
    return net >> classifier(1000, dropout=0.5)


def inception_v4() -> Genotype:
    """Figures 3 to 9 of arXiv:1602.07261."""
    halve = maxpool(**HALVE)
    mean = avgpool(count_pad=False)
    stem = conv(32, 3, **DOWN) >> conv(32, 3, padding=0) >> conv(64, 3)
    stem = stem >> (halve | conv(96, 3, **DOWN))
    sevens = conv(64) >> conv(64, WIDE) >> conv(64, TALL) >> conv(96, 3, padding=0)
    stem = stem >> (conv(64) >> conv(96, 3, padding=0) | sevens) >> (conv(192, 3, **DOWN) | halve)
    a = conv(96) | conv(64) >> conv(96, 3) | conv(64) >> conv(96, 3) * 2 | mean >> conv(96)
    to_b = conv(384, 3, **DOWN) | conv(192) >> conv(224, 3) >> conv(256, 3, **DOWN) | halve
    once = conv(192) >> conv(224, WIDE) >> conv(256, TALL)
    twice = conv(192) >> conv(192, TALL) >> conv(224, WIDE) >> conv(224, TALL) >> conv(256, WIDE)
    b = conv(384) | once | twice | mean >> conv(128)
    sevens = conv(256) >> conv(256, WIDE) >> conv(320, TALL) >> conv(320, 3, **DOWN)
    to_c = conv(192) >> conv(192, 3, **DOWN) | sevens | halve
    cross = conv(256, (1, 3)) | conv(256, (3, 1))
    long = conv(384) >> conv(448, (3, 1)) >> conv(512, (1, 3)) >> cross
    c = conv(256) | conv(384) >> cross | long | mean >> conv(256)
    net = (
        image(3, 299, 299) >> default(eps=0.001) >> stem >> a * 4 >> to_b >> b * 7 >> to_c >> c * 3
    )
    return net >> classifier(1000, dropout=0.2)


def _added(body: Genotype, channels: int, factor: float) -> Genotype:
    """Inception-ResNet's residual: branches, a 1x1 without normalisation, a factor, the sum."""
    out = default(norm="none") >> conv(channels, act="none")
    return (body >> out >> scale(factor)) + identity


def inception_resnet_v2() -> Genotype:
    """Figures 10, 16 to 19 of arXiv:1602.07261; with timm's factors 0.17, 0.1, 0.2, 1."""
    halve = maxpool(**HALVE)
    stem = conv(32, 3, **DOWN) >> conv(32, 3, padding=0) >> conv(64, 3) >> halve
    stem = stem >> conv(80) >> conv(192, 3, padding=0) >> halve
    mean = avgpool(count_pad=False) >> conv(64)
    first = conv(96) | conv(48) >> conv(64, 5) | conv(64) >> conv(96, 3) * 2 | mean
    a = conv(32) | conv(32) >> conv(32, 3) | conv(32) >> conv(48, 3) >> conv(64, 3)
    to_b = conv(384, 3, **DOWN) | conv(256) >> conv(256, 3) >> conv(384, 3, **DOWN) | halve
    b = conv(192) | conv(128) >> conv(160, WIDE) >> conv(192, TALL)
    threes = conv(256) >> conv(288, 3) >> conv(320, 3, **DOWN)
    shorts = conv(256) >> conv(384, 3, **DOWN) | conv(256) >> conv(288, 3, **DOWN)
    c = conv(192) | conv(192) >> conv(224, (1, 3)) >> conv(256, (3, 1))
    net = image(3, 299, 299) >> default(eps=0.001) >> stem >> first
    net = net >> (_added(a, 320, 0.17) >> act) * 10 >> to_b >> (_added(b, 1088, 0.1) >> act) * 20
    net = net >> (shorts | threes | halve) >> (_added(c, 2080, 0.2) >> act) * 9
    return net >> _added(c, 2080, 1.0) >> conv(1536) >> classifier(1000, dropout=0.2)


def inception_resnet_v1() -> Genotype:
    """Figures 10 to 14 of arXiv:1602.07261; with the 512 normalised features before the classifier
    that the public implementations, made for faces, put there."""
    halve = maxpool(**HALVE)
    stem = conv(32, 3, **DOWN) >> conv(32, 3, padding=0) >> conv(64, 3) >> halve
    stem = stem >> conv(80) >> conv(192, 3, padding=0) >> conv(256, 3, **DOWN)
    a = conv(32) | conv(32) >> conv(32, 3) | conv(32) >> conv(32, 3) * 2
    to_b = conv(384, 3, **DOWN) | conv(192) >> conv(192, 3) >> conv(256, 3, **DOWN) | halve
    b = conv(128) | conv(128) >> conv(128, WIDE) >> conv(128, TALL)
    threes = conv(256) >> conv(256, 3) >> conv(256, 3, **DOWN)
    shorts = conv(256) >> conv(384, 3, **DOWN) | conv(256) >> conv(256, 3, **DOWN)
    c = conv(192) | conv(192) >> conv(192, (1, 3)) >> conv(192, (3, 1))
    net = image(3, 299, 299) >> default(eps=0.001) >> stem
    net = net >> (_added(a, 256, 0.17) >> act) * 5 >> to_b
    net = net >> (_added(b, 896, 0.1) >> act) * 10 >> (shorts | threes | halve)
    net = net >> (_added(c, 1792, 0.2) >> act) * 5 >> _added(c, 1792, 1.0)
    head = fc(512, act="none", bias=False) >> norm >> classifier(1000)
    return net >> global_pool >> dropout(0.2) >> head


REFERENCES = (
    GOOGLENET.net("googlenet_2014", googlenet_2014),
    GOOGLENET.net("googlenet", googlenet, 30.22, 10.47),
    V2.net("bninception", bninception, 26.1, 8.2),
    V3.net("inception_v3", inception_v3, 22.0, 6.1),
    V4.net("inception_v4", inception_v4, 19.8, 4.7),
    V4.net("inception_resnet_v1", inception_resnet_v1),
    V4.net("inception_resnet_v2", inception_resnet_v2, 19.6, 4.7),
)
