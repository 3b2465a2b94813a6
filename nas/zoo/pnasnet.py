"""PNASNet-5: one cell found progressively, from simple to complex, used with and without stride.

Source: arXiv:1712.00559; as timm's, with TensorFlow's padding.
"""

from __future__ import annotations

from functools import partial

from nas.dsl import act, cell, classifier, conv, default, dsep, identity, image, maxpool, tap
from nas.genotype import Genotype
from nas.zoo._base import Paper

PNASNET = Paper(
    "PNASNet",
    2017,
    "PNASNet, arXiv:1712.00559",
    "tensorflow/models, research/slim/README.md",
    idea="cells grown from simple to complex, ranked by a predictor",
)


def _cell(stride: int, other: Genotype, out: int | None = None) -> Genotype:
    """Figure 1's cell; `out` where `other` isn't adjusted, so that its pool is projected."""
    pool = maxpool(3, stride=stride)
    brought = pool if out is None else pool >> conv(out, act="none")
    first = (other >> dsep(5, stride=stride, out=out)) + (other >> brought)
    third = (dsep(5, stride=stride) + dsep(3, stride=stride)) @ "third"
    fourth = (tap("third") >> dsep(3)) + pool
    skip = identity if stride == 1 else act >> conv(stride=stride, act="none")
    last = (other >> dsep(3, stride=stride, out=out)) + skip
    return first | dsep(7, stride=stride) + pool | third | fourth | last


def pnasnet5(filters: int, cells: int, stem: int, pixels: int) -> Genotype:
    """Section 5.1: `cells` cells a stage, those of the first with `filters` channels."""
    f, normal, reduction = filters, _cell(1, tap("prev")), _cell(2, tap("prev"))
    net = image(3, pixels, pixels) >> default(eps=1e-3, padding="same")
    net = net >> conv(stem, 3, stride=2, act="none", padding="valid") @ "stem"
    net = net >> cell(f // 4, _cell(2, tap("stem"), f // 4)) >> cell(f // 2, reduction)
    net = net >> cell(f, normal) * (cells + 1) >> cell(2 * f, reduction)
    net = net >> cell(2 * f, normal) * cells >> cell(4 * f, reduction)
    return net >> cell(4 * f, normal) * cells >> act >> classifier(1000, dropout=0.5)


REFERENCES = (PNASNET.net("pnasnet5large", partial(pnasnet5, 216, 3, 96, 331), 17.1, 3.8),)
