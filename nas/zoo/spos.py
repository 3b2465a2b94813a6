"""Single Path One-Shot: a supernet trained one uniformly drawn path at a time, then searched by
evolution. Source: arXiv:1904.00420; the choices: README of megvii-model/SinglePathOneShot."""

from __future__ import annotations

from nas.dsl import conv, dropout, global_pool, image, linear, shuffle_unit
from nas.genotype import Genotype
from nas.zoo._base import Paper

README = "megvii-model/SinglePathOneShot README"
SPOS = Paper(
    "SPOS",
    2019,
    "Single Path One-Shot, arXiv:1904.00420",
    README,
    idea="a supernet trained one uniformly drawn path at a time",
)
FOUND = ("2101", "2020", "20230000", "3233")  # kernel 3, 5, 7, or the Xception variant


def spos() -> Genotype:
    """Table 1 with the released choices."""
    net = image(3, 224, 224) >> conv(16, 3, stride=2)
    for out, choices in zip((64, 160, 320, 640), FOUND, strict=True):
        for number, choice in enumerate(choices):
            stride = {} if number else {"stride": 2}
            kind = {"xception": True} if choice == "3" else {"kernel": 3 + 2 * int(choice)}
            net = net >> shuffle_unit(out, **kind, **stride)
    return net >> conv(1024) >> global_pool >> dropout(0.1) >> linear(1000, bias=False)


REFERENCES = (SPOS.net("spos", spos, 25.6, 8.0),)
