"""NASNet-A: two cells found by reinforcement learning on CIFAR-10, stacked for ImageNet.

Means leave the border's padding out, but strided ones count its zeros, as in timm's; in
TensorFlow's release none counts it, and Cadene's (pytorchcv's, too) pads as torch does: three
functions of the same weights. Source: arXiv:1707.07012.
"""

from __future__ import annotations

from functools import partial

from nas.dsl import (
    act,
    avgpool,
    cell,
    classifier,
    conv,
    default,
    dsep,
    identity,
    image,
    maxpool,
    tap,
)
from nas.genotype import Genotype
from nas.zoo._base import Paper

NASNET = Paper(
    "NASNet",
    2017,
    "NASNet, arXiv:1707.07012",
    "tensorflow/models, slim/nets/nasnet/README.md",
    idea="cells found by reinforcement learning on CIFAR-10, stacked for ImageNet",
)


def _reduction(other: Genotype, out: int | None = None) -> Genotype:
    """Figure 4's reduction cell, `other` beside the input; `out` where that isn't adjusted."""
    half, mean = maxpool(3, stride=2), avgpool(3, stride=2)
    first = (dsep(5, stride=2) + (other >> dsep(7, stride=2, out=out))) @ "first"
    second = (half + (other >> dsep(7, stride=2, out=out))) @ "second"
    third = mean + (other >> dsep(5, stride=2, out=out))
    fourth = (first >> avgpool(3, count_pad=False)) + tap("second")
    return second | third | fourth | (tap("first") >> dsep(3)) + half


def nasnet_a(filters: int, cells: int, stem: int, pixels: int, dropout: float) -> Genotype:
    """Figures 2 and 4: `cells` normal cells a stage, the first of `filters` channels."""
    prev, mean, f = tap("prev"), avgpool(3, count_pad=False), filters
    normal = (
        prev
        | dsep(5) + (prev >> dsep(3))
        | prev >> dsep(5) + dsep(3)
        | mean + prev
        | prev >> mean + mean
        | dsep(3) + identity
    )
    reduction = _reduction(prev)
    net = image(3, pixels, pixels) >> default(eps=1e-3, padding="same")
    net = net >> conv(stem, 3, stride=2, act="none", padding="valid") @ "stem"
    net = net >> cell(f // 4, _reduction(tap("stem"), f // 4)) >> cell(f // 2, reduction)
    # the cell after a reduction passes over it: its other input is the reduction's other input
    net = net >> (cell(f, normal) * (cells - 1)) @ "one" >> cell(f, normal)
    net = net >> cell(2 * f, reduction) >> cell(2 * f, normal, prev="one")
    net = net >> (cell(2 * f, normal) * (cells - 2)) @ "two" >> cell(2 * f, normal)
    net = net >> cell(4 * f, reduction) >> cell(4 * f, normal, prev="two")
    return net >> cell(4 * f, normal) * (cells - 1) >> act >> classifier(1000, dropout=dropout)


REFERENCES = (
    NASNET.net("nasnetamobile", partial(nasnet_a, 44, 4, 32, 224, 0.5), 26.0, 8.4),
    NASNET.net("nasnetalarge", partial(nasnet_a, 168, 6, 96, 331, 0.5), 17.3, 3.8),
)
