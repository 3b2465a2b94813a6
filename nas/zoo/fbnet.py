"""FBNet: hardware-aware differentiable search (arXiv:1812.03443); Single-Path NAS: kernels and
expansions as parts of one super-kernel (arXiv:1904.02877)."""

from __future__ import annotations

from nas.genotype import Genotype, parse
from nas.zoo._base import Paper

FBNET = Paper(
    "FBNet",
    2018,
    "FBNet, arXiv:1812.03443",
    idea="differentiable search with the latency of each operation looked up",
)
SINGLE_PATH = Paper(
    "Single-Path NAS",
    2019,
    "Single-Path NAS, arXiv:1904.02877",
    idea="kernels and expansions as parts of one super-kernel",
)


def fbnetc() -> Genotype:
    """Figure 4, FBNet-C; what expands by 1 begins with a 1x1 nevertheless."""
    return parse("""
        image(3, 224, 224)
        >> default(act="relu")
        >> conv(16, 3, stride=2)
        >> bneck(16, 3, hidden=16)
        >> mbconv(24, 3, stride=2, se=0) >> bneck(24, 3, hidden=24) * 2
        >> mbconv(32, 5, stride=2, se=0) >> mbconv(32, 5, expand=3, se=0)
        >> mbconv(32, 5, se=0) >> mbconv(32, 3, se=0)
        >> mbconv(64, 5, stride=2, se=0) >> mbconv(64, 5, expand=3, se=0) >> mbconv(64, 5, se=0) * 2
        >> mbconv(112, 5, se=0) * 3 >> mbconv(112, 5, expand=3, se=0)
        >> mbconv(184, 5, stride=2, se=0) * 4
        >> mbconv(352, 3, se=0)
        >> conv(1984)
        >> classifier(1000)
    """)


def spnasnet() -> Genotype:
    """Figure 4: the network for Pixel 1."""
    return parse("""
        image(3, 224, 224)
        >> default(act="relu")
        >> conv(32, 3, stride=2)
        >> mbconv(16, 3, expand=1, se=0) * 1
        >> mbconv(24, 3, stride=2, expand=3, se=0) * 3
        >> mbconv(40, 5, stride=2, se=0) >> mbconv(40, 3, expand=3, se=0) * 3
        >> mbconv(80, 5, stride=2, se=0) >> mbconv(80, 3, expand=3, se=0) * 3
        >> mbconv(96, 5, se=0) >> mbconv(96, 5, expand=3, se=0) * 3
        >> mbconv(192, 5, stride=2, se=0) * 4
        >> mbconv(320, 3, se=0) * 1
        >> conv(1280)
        >> classifier(1000)
    """)


REFERENCES = (FBNET.net("fbnetc_100", fbnetc), SINGLE_PATH.net("spnasnet_100", spnasnet))
