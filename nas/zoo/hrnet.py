"""HRNet: streams of all resolutions side by side, fused again and again.

In each module a stream has its own residual blocks, then takes the sum of all streams, brought to
its size. Low resolutions are enlarged by nearest neighbours, as in the authors' classifiers.
Source: arXiv:1908.07919.
"""

from __future__ import annotations

from functools import partial, reduce
from operator import add, rshift

from nas.dsl import act, basic, bottleneck, classifier, conv, image, tap, upsample
from nas.genotype import Genotype
from nas.zoo._base import Paper

HRNET = Paper(
    "HRNet",
    2019,
    "HRNet, arXiv:1908.07919",
    "HRNet/HRNet-Image-Classification, README.md",
    idea="streams of all resolutions side by side, fused again and again",
)


def _brought(widths: tuple[int, ...], start: int, end: int) -> Genotype:
    """Stream `start` at the size and width of stream `end`."""
    path: Genotype = tap(f"x{start}")
    if start > end:
        return path >> conv(widths[end], act="none") >> upsample(2 ** (start - end))
    for _ in range(start + 1, end):
        path = path >> conv(widths[start], 3, stride=2)
    return path if start == end else path >> conv(widths[end], 3, stride=2, act="none")


def _module(widths: tuple[int, ...], blocks: int, name: str) -> Genotype:
    """Each stream through its blocks, then every one of them the sum of all."""
    streams = range(len(widths))
    steps = [tap(f"{name}{i}") >> basic(widths[i]) * blocks @ f"x{i}" for i in streams]
    for end in streams:
        total = reduce(add, [_brought(widths, start, end) for start in streams])
        steps.append((total >> act) @ f"{name}{end}")
    return reduce(rshift, steps)


def hrnet(width: int, first: int, blocks: int, modules: tuple[int, int, int]) -> Genotype:
    """Section 3: four stages, each with a stream more; the head of the authors' repository joins
    them from high resolution to low."""
    stem = conv(64, 3, stride=2) >> conv(64, 3, stride=2)
    net = image(3, 224, 224) >> stem >> bottleneck(256) * first @ "stage1"
    net = net >> conv(width, 3) @ "a0" >> tap("stage1")
    for last, (name, times) in enumerate(zip("abc", modules, strict=True), 1):
        net = net >> conv(width << last, 3, stride=2) @ f"{name}{last}"
        widths = tuple(width << i for i in range(last + 1))
        net = net >> (_module(widths, blocks, name) * times) @ f"stage{last + 1}"
        for i in range(last + 1 if name < "c" else 0):
            net = net >> tap(f"stage{last + 1}.{name}{i}") @ f"{chr(ord(name) + 1)}{i}"
    net = net >> tap("stage4.c0") >> bottleneck(128)
    for i, out in ((1, 256), (2, 512), (3, 1024)):
        net = net >> (tap(f"stage4.c{i}") >> bottleneck(out)) + conv(out, 3, stride=2, bias=True)
    return net >> conv(2048, bias=True) >> classifier(1000)


REFERENCES = (
    HRNET.net("hrnet_w18_small_v2", partial(hrnet, 18, 2, 2, (1, 3, 2)), 24.9, 7.6),
    HRNET.net("hrnet_w18", partial(hrnet, 18, 4, 4, (1, 4, 3)), 23.2, 6.6),
    HRNET.net("hrnet_w32", partial(hrnet, 32, 4, 4, (1, 4, 3)), 21.5, 5.8),
)
