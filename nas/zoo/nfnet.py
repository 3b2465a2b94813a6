"""NFNet and NF-ResNet: residual networks without normalisation.

`dm_nfnet_*` are the paper's (gains in the activations, SAME padding, SkipInit); `nfnet_*` and
`nf_resnet50` are timm's, with gains in the weights, even padding and no SkipInit: another function
of the same filters. Source: arXiv:2101.08692; arXiv:2102.06171.
"""

from __future__ import annotations

from functools import partial

from nas.dsl import act, classifier, default, image, maxpool, nf_bottleneck, nfnet, wsconv
from nas.genotype import Genotype
from nas.scaling.released import NFNET_DROPOUT as DROPOUT
from nas.scaling.released import NFNET_PIXELS as PIXELS
from nas.zoo._base import Paper

NFNET = Paper(
    "NFNet",
    2021,
    "NFNet, arXiv:2102.06171",
    "arXiv:2102.06171, Table 3",
    idea="no normalization: standardized weights, scaled branches, adaptive clipping",
)
TOP1_ERROR = (16.4, 15.3, 14.9, 14.3, 14.1, 14.0, 13.5)


def nfnet_f(size: int, *, timm: bool = False) -> Genotype:
    """Table 1: F0 to F6 are one, two, ... seven times as deep."""
    settings = default(act="gelu", drop_path=0.25, padding="same")
    if timm:
        settings = default(act="gelu", gain="weights")
    net = image(3, PIXELS[size], PIXELS[size]) >> settings
    net = net >> wsconv(16, 3, stride=2) >> wsconv(32, 3) >> wsconv(64, 3)
    net = net >> wsconv(128, 3, stride=2, act="none")
    for out, stride, depth in ((256, 1, 1), (512, 2, 2), (1536, 2, 6), (1536, 2, 3)):
        net = net >> nfnet(out, stride=stride, skip_gain=not timm) * (depth * (size + 1))
    if timm:  # after the last activation no weights stand that could hold its gain
        return net >> wsconv(3072) >> classifier(1000)
    return net >> wsconv(3072) >> classifier(1000, dropout=DROPOUT[size])


def nf_resnet50() -> Genotype:
    """arXiv:2101.08692, as timm's: no SkipInit, the last gains of a branch begin at zero."""
    net = image(3, 224, 224) >> default(act="relu", gain="weights")
    net = net >> wsconv(64, 7, stride=2, act="none") >> maxpool(3, stride=2)
    for out, stride, depth in ((256, 1, 3), (512, 2, 4), (1024, 2, 6), (2048, 2, 3)):
        net = net >> nf_bottleneck(out, stride=stride, skip_gain=False) * depth
    return net >> act >> classifier(1000)


REFERENCES = (
    *(NFNET.net(f"dm_nfnet_f{f}", partial(nfnet_f, f), TOP1_ERROR[f]) for f in range(7)),
    *(NFNET.net(f"nfnet_f{f}", partial(nfnet_f, f, timm=True)) for f in range(7)),
    NFNET.net("nf_resnet50", nf_resnet50),
)
