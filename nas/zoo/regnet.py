"""RegNet: widths on a quantised line, found by designing the space instead of the network. Source:
arXiv:2003.13678.

torchvision's X-400MF, Y-800MF and Y-8GF are not the paper's networks: theirs are here under
torchvision's names, the paper's under timm's.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import groupby
from typing import TypeAlias

from nas.dsl import classifier, conv, image, xblock
from nas.genotype import Genotype
from nas.scaling import round_channels
from nas.zoo._base import Paper, Reference

Line: TypeAlias = tuple[int, float, float, int, int]  # initial width, slope, factor, depth, groups
REGNET = Paper(
    "RegNet",
    2020,
    "RegNet, arXiv:2003.13678",
    "facebookresearch/pycls MODEL_ZOO.md",
    idea="the space is designed instead of the network: widths on a quantised line",
)
TV = Paper("RegNet", 2020, "RegNet, arXiv:2003.13678")


def widths(initial: int, slope: float, factor: float, depth: int) -> list[int]:
    """Section 3.3: block j is as wide as `initial + slope * j`, rounded to a power of `factor`
    times `initial` and to a multiple of 8."""
    powers = [round(math.log((initial + slope * j) / initial, factor)) for j in range(depth)]
    return [8 * round(initial * factor**power / 8) for power in powers]


def regnet(
    initial: int,
    slope: float,
    factor: float,
    depth: int,
    group_width: int,
    *,
    se: float = 0.0,
    never_narrow: bool = False,
) -> Genotype:
    """Section 3.3: a simple stem, and stages of equal widths, each the nearest multiple of the
    group width; `never_narrow` is torchvision's rounding, which goes no lower than 90 %."""
    net = image(3, 224, 224) >> conv(32, 3, stride=2)
    for width, copies in groupby(widths(initial, slope, factor, depth)):
        group = min(group_width, width)
        near = round(width / group) * group
        out = round_channels(width, group) if never_narrow else near
        net = net >> xblock(out, stride=2, group_width=group, se=se) * len(list(copies))
    return net >> classifier(1000)


def _x(name: str, top1: float, line: Line, *aliases: str) -> Reference:
    return REGNET.net(name, partial(regnet, *line), top1, aliases=aliases)


def _y(name: str, top1: float, line: Line, *aliases: str) -> Reference:
    return REGNET.net(name, partial(regnet, *line, se=0.25), top1, aliases=aliases)


X400, Y800, Y8000 = (24, 24.48, 2.54, 22, 16), (56, 38.84, 2.4, 14, 16), (192, 76.82, 2.19, 17, 56)
REFERENCES = (
    _x("regnetx_002", 31.1, (24, 36.44, 2.49, 13, 8)),
    _x("regnetx_004", 27.3, X400),
    _x("regnetx_006", 25.9, (48, 36.97, 2.24, 16, 24)),
    _x("regnet_x_800mf", 24.8, (56, 35.73, 2.28, 16, 16), "regnetx_008"),
    _x("regnet_x_1_6gf", 23.0, (80, 34.01, 2.25, 18, 24), "regnetx_016"),
    _x("regnet_x_3_2gf", 21.7, (88, 26.31, 2.25, 25, 48), "regnetx_032"),
    _x("regnetx_040", 21.4, (96, 38.65, 2.43, 23, 40)),
    _x("regnetx_064", 20.8, (184, 60.83, 2.07, 17, 56)),
    _x("regnet_x_8gf", 20.7, (80, 49.56, 2.88, 23, 120), "regnetx_080"),
    _x("regnetx_120", 20.3, (168, 73.36, 2.37, 19, 112)),
    _x("regnet_x_16gf", 20.0, (216, 55.59, 2.1, 22, 128), "regnetx_160"),
    _x("regnet_x_32gf", 19.5, (320, 69.86, 2.0, 23, 168), "regnetx_320"),
    _y("regnety_002", 29.6, (24, 36.44, 2.49, 13, 8)),
    _y("regnet_y_400mf", 25.9, (48, 27.89, 2.09, 16, 8), "regnety_004"),
    _y("regnety_006", 24.5, (48, 32.54, 2.32, 15, 16)),
    _y("regnety_008", 23.7, Y800),
    _y("regnet_y_1_6gf", 22.0, (48, 20.71, 2.65, 27, 24), "regnety_016"),
    _y("regnet_y_3_2gf", 21.0, (80, 42.63, 2.66, 21, 24), "regnety_032"),
    _y("regnety_040", 20.6, (96, 31.41, 2.24, 22, 64)),
    _y("regnety_064", 20.1, (112, 33.22, 2.27, 25, 72)),
    _y("regnety_080", 20.1, Y8000),
    _y("regnety_120", 19.7, (168, 73.36, 2.37, 19, 112)),
    _y("regnet_y_16gf", 19.6, (200, 106.23, 2.48, 18, 112), "regnety_160"),
    _y("regnet_y_32gf", 19.0, (232, 115.89, 2.53, 20, 232), "regnety_320"),
    TV.net(
        "regnet_x_400mf",
        partial(regnet, *X400, never_narrow=True),
        27.17,
        9.05,
        aliases=("regnetx_004_tv",),
    ),
    TV.net(
        "regnet_y_800mf",
        partial(regnet, *Y800, se=0.25, never_narrow=True),
        23.58,
        6.86,
        aliases=("regnety_008_tv",),
    ),
    TV.net(
        "regnet_y_8gf",
        partial(regnet, *Y8000, se=0.25, never_narrow=True),
        19.97,
        4.95,
        aliases=("regnety_080_tv",),
    ),
)
