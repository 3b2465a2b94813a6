"""GhostNet: half of each layer's maps are cheap filters of the other half.

Source: arXiv:1911.11907.
"""

from __future__ import annotations

from functools import partial

from nas.dsl import classifier, conv, fc, ghost_bneck, global_pool, image
from nas.genotype import Genotype
from nas.scaling import round_channels
from nas.zoo._base import Paper

GHOSTNET = Paper(
    "GhostNet",
    2019,
    "GhostNet, arXiv:1911.11907",
    "arXiv:1911.11907, Table 7",
    idea="half of each layer's maps are cheap filters of the other half",
)
# kernel, hidden, out, squeezed share, stride
ROWS = (
    (3, 16, 16, 0, 1),
    (3, 48, 24, 0, 2),
    (3, 72, 24, 0, 1),
    (5, 72, 40, 0.25, 2),
    (5, 120, 40, 0.25, 1),
    (3, 240, 80, 0, 2),
    (3, 200, 80, 0, 1),
    (3, 184, 80, 0, 1),
    (3, 184, 80, 0, 1),
    (3, 480, 112, 0.25, 1),
    (3, 672, 112, 0.25, 1),
    (5, 672, 160, 0.25, 2),
    (5, 960, 160, 0, 1),
    (5, 960, 160, 0.25, 1),
    (5, 960, 160, 0, 1),
    (5, 960, 160, 0.25, 1),
)


def ghostnet(width: float = 1.0) -> Genotype:
    """Table 1; channels in multiples of 4, the head's never narrowed."""

    def wide(channels: int) -> int:
        return round_channels(channels * width, 4)

    net = image(3, 224, 224) >> conv(wide(16), 3, stride=2)
    for kernel, hidden, out, se, stride in ROWS:
        net = net >> ghost_bneck(wide(out), kernel, stride=stride, hidden=wide(hidden), se=se)
    net = net >> conv(wide(960)) >> global_pool
    return net >> fc(1280, dropout=0.2) >> classifier(1000)


REFERENCES = (
    GHOSTNET.net("ghostnet_100", ghostnet, 26.1),
    GHOSTNET.net("ghostnet_050", partial(ghostnet, 0.5), 33.8),
    GHOSTNET.net("ghostnet_130", partial(ghostnet, 1.3), 24.3),
)
