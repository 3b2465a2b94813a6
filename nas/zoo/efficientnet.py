"""EfficientNet: MBConv stages found by search, scaled by one coefficient. Source:
arXiv:1905.11946."""

from __future__ import annotations

from nas.genotype import Genotype, parse
from nas.zoo._base import Paper

EFFICIENTNET = Paper("EfficientNet", 2019, "EfficientNet, arXiv:1905.11946")


def efficientnet_b0() -> Genotype:
    """Table 1. timm's and torchvision's batch-norm settings (epsilon 1e-5); the `tf_` variants
    differ."""
    return parse("""
        image(3, 224, 224)
        >> conv(32, 3, stride=2, act="silu")
        >> mbconv(16, 3, expand=1) * 1
        >> mbconv(24, 3, stride=2) * 2
        >> mbconv(40, 5, stride=2) * 2
        >> mbconv(80, 3, stride=2) * 3
        >> mbconv(112, 5) * 3
        >> mbconv(192, 5, stride=2) * 4
        >> mbconv(320, 3) * 1
        >> conv(1280, 1, act="silu")
        >> classifier(1000, dropout=0.2)
    """)


REFERENCES = (EFFICIENTNET.net("efficientnet_b0", efficientnet_b0, 22.31, 6.47),)
