"""Xception: "extreme" Inception, nothing but depthwise separable convolutions and residuals.
Source: arXiv:1610.02357."""

from __future__ import annotations

from nas.genotype import Genotype, parse
from nas.zoo._base import Paper

XCEPTION = Paper(
    "Xception",
    2016,
    "Xception, arXiv:1610.02357",
    "Keras' weights, Cadene's README",
    idea="'extreme' Inception: nothing but depthwise separable convolutions",
)


def xception() -> Genotype:
    """Figure 5: entry, middle and exit flow."""
    return parse("""
        skip128 = conv(128, stride=2, act="none")
        skip256 = conv(256, stride=2, act="none")
        skip728 = conv(728, stride=2, act="none")
        skip1024 = conv(1024, stride=2, act="none")
        image(3, 299, 299)
        >> conv(32, 3, stride=2, padding=0) >> conv(64, 3, padding=0)
        >> (sep(128) >> act >> sep(128) >> maxpool(3, stride=2)) + skip128
        >> (act >> sep(256) >> act >> sep(256) >> maxpool(3, stride=2)) + skip256
        >> (act >> sep(728) >> act >> sep(728) >> maxpool(3, stride=2)) + skip728
        >> ((act >> sep(728)) * 3 + identity) * 8
        >> (act >> sep(728) >> act >> sep(1024) >> maxpool(3, stride=2)) + skip1024
        >> sep(1536, act="relu") >> sep(2048, act="relu")
        >> classifier(1000)
    """)


REFERENCES = (XCEPTION.net("xception", xception, 21.0, 5.5, aliases=("legacy_xception",)),)
