"""OverFeat: no local response normalization, pooling that doesn't overlap, larger maps; a fast and
an accurate model. Source: arXiv:1312.6229.

These classify one crop; sliding the classifier over six scales is a way of testing.
"""

from __future__ import annotations

from nas.genotype import Genotype, parse
from nas.zoo._base import Paper

OVERFEAT = Paper(
    "OverFeat",
    2013,
    "OverFeat, arXiv:1312.6229",
    idea="the classifier slid over larger images at several scales; localization",
)


def overfeat_fast() -> Genotype:
    """Table 1."""
    return parse("""
        image(3, 231, 231)
        >> default(norm="none")
        >> conv(96, 11, stride=4, padding="valid") >> maxpool(2, stride=2)
        >> conv(256, 5, padding="valid") >> maxpool(2, stride=2)
        >> conv(512, 3)
        >> conv(1024, 3) * 2
        >> maxpool(2, stride=2)
        >> fc(3072, dropout=0.5)
        >> fc(4096, dropout=0.5)
        >> classifier(1000)
    """)


def overfeat_accurate() -> Genotype:
    """Table 3."""
    return parse("""
        image(3, 221, 221)
        >> default(norm="none")
        >> conv(96, 7, stride=2, padding="valid") >> maxpool(3, stride=3, padding=0)
        >> conv(256, 7, padding="valid") >> maxpool(2, stride=2)
        >> conv(512, 3) * 2
        >> conv(1024, 3) * 2
        >> maxpool(3, stride=3, padding=0)
        >> fc(4096, dropout=0.5) * 2
        >> classifier(1000)
    """)


REFERENCES = (
    OVERFEAT.net("overfeat_fast", overfeat_fast),
    OVERFEAT.net("overfeat_accurate", overfeat_accurate),
)
