"""MnasNet: stages of inverted bottlenecks found by reinforcement learning with the phone's latency
in the reward. Source: arXiv:1807.11626. A1 has squeeze-and-excitation, B1 has none."""

from __future__ import annotations

from functools import partial

from nas.dsl import classifier, conv, default, image, mbconv
from nas.genotype import Genotype
from nas.scaling import round_channels
from nas.zoo._base import Paper

MNASNET = Paper(
    "MnasNet",
    2018,
    "MnasNet, arXiv:1807.11626",
    idea="the phone's latency in the reward; stages that differ",
)
README = "tensorflow/tpu, models/official/mnasnet/README.md"
B1 = (
    (24, 3, 2, 3, 3),
    (40, 5, 2, 3, 3),
    (80, 5, 2, 6, 3),
    (96, 3, 1, 6, 2),
    (192, 5, 2, 6, 4),
    (320, 3, 1, 6, 1),
)  # channels, kernel, stride, expansion, depth


def mnasnet_b1(width: float = 1.0, momentum: float = 0.0003) -> Genotype:
    """The network found without squeeze-and-excitation, `width` times as wide."""
    net = image(3, 224, 224) >> default(act="relu", momentum=momentum)
    net = net >> conv(round_channels(32 * width), 3, stride=2)
    net = net >> mbconv(round_channels(16 * width), expand=1, se=0) * 1
    for out, kernel, stride, expand, depth in B1:
        stage = mbconv(round_channels(out * width), kernel, stride=stride, expand=expand, se=0)
        net = net >> stage * depth
    return net >> conv(1280) >> classifier(1000, dropout=0.2)


def mnasnet_a1() -> Genotype:
    """Figure 7."""
    return (
        image(3, 224, 224)
        >> default(act="relu")
        >> conv(32, 3, stride=2)
        >> mbconv(16, expand=1, se=0) * 1
        >> mbconv(24, stride=2, se=0) * 2
        >> mbconv(40, 5, stride=2, expand=3) * 3
        >> mbconv(80, stride=2, se=0) * 4
        >> mbconv(112) * 2
        >> mbconv(160, 5, stride=2) * 3
        >> mbconv(320, se=0) * 1
        >> conv(1280)
        >> classifier(1000, dropout=0.2)
    )


REFERENCES = (
    MNASNET.net("mnasnet0_5", partial(mnasnet_b1, 0.5), 32.27, 12.51, aliases=("mnasnet_050",)),
    MNASNET.net("mnasnet0_75", partial(mnasnet_b1, 0.75), 28.82, 9.5, aliases=("mnasnet_075",)),
    MNASNET.net("mnasnet1_0", mnasnet_b1, 26.54, 8.49, aliases=("mnasnet_100",)),
    MNASNET.net("mnasnet1_3", partial(mnasnet_b1, 1.3), 23.49, 6.48),
    MNASNET.net("semnasnet_100", mnasnet_a1, 24.8, 7.5, source=README),
)
