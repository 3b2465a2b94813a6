"""AmoebaNet-A: two cells found by regularized evolution. Source: arXiv:1802.01548.

The cells are those of the authors' release (tensorflow/tpu, models/official/amoeba_net,
model_specs.py), which the paper's figure draws.
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
    rowcol,
    tap,
)
from nas.genotype import Genotype
from nas.zoo._base import Paper

AMOEBANET = Paper(
    "AmoebaNet",
    2018,
    "AmoebaNet, arXiv:1802.01548",
    "arXiv:1802.01548, Table 2",
    idea="cells found by regularized evolution",
)


def _reduction(other: Genotype, out: int | None = None) -> Genotype:
    """The reduction cell; `out` where `other` isn't adjusted, so that its pools are projected."""
    largest, mean = maxpool(3, stride=2), avgpool(3, stride=2, count_pad=False)
    project = identity if out is None else conv(out, act="none")
    return (
        ((other >> dsep(3, stride=2, out=out)) + mean) @ "first"
        | largest + (tap("first") >> dsep(7))
        | ((other >> largest >> project) + largest) @ "third"
        | (tap("third") >> dsep(3)) + rowcol(7, stride=2)
        | (other >> mean >> project) + dsep(7, stride=2)
    )


def amoebanet_a(filters: int, cells: int, stem: int = 32, pixels: int = 331) -> Genotype:
    """N = `cells` normal cells a stage, the first of F = `filters` channels."""
    prev, mean, f = tap("prev"), avgpool(3, count_pad=False), filters
    normal = (
        prev
        | (prev >> dsep(3)) + prev
        | identity + (prev >> mean)
        | (dsep(3) + (mean + maxpool >> dsep(5)) >> mean) + dsep(3)
    )
    reduction = _reduction(prev)
    net = image(3, pixels, pixels) >> default(eps=1e-3, padding="same")
    net = net >> conv(stem, 3, stride=2, act="none", padding="valid") @ "stem"
    net = net >> cell(f // 4, _reduction(tap("stem"), f // 4)) >> cell(f // 2, reduction)
    net = net >> cell(f, normal) * cells >> cell(2 * f, reduction)
    net = net >> cell(2 * f, normal) * cells >> cell(4 * f, reduction)
    return net >> cell(4 * f, normal) * cells >> act >> classifier(1000, dropout=0.5)


REFERENCES = (AMOEBANET.net("amoebanet_a", partial(amoebanet_a, 190, 6), 17.2, 3.9),)
