"""ZFNet: AlexNet with a 7x7 first layer of stride 2, after looking at what its filters see. Source:
arXiv:1311.2901.

As pytorchcv's: local response normalization before each pooling, pools that count partial windows.
"""

from __future__ import annotations

from nas.genotype import Genotype, parse
from nas.zoo._base import Paper

ZFNET = Paper(
    "ZFNet",
    2013,
    "ZFNet, arXiv:1311.2901",
    idea="a 7x7 first layer, after looking at what inner units respond to",
)


def zfnet() -> Genotype:
    """Figure 3."""
    return parse("""
        image(3, 224, 224)
        >> default(norm="none")
        >> conv(96, 7, stride=2, padding=1) >> lrn(5, k=2)
        >> maxpool(3, stride=2, padding=0, ceil=True)
        >> conv(256, 5, stride=2, padding=0) >> lrn(5, k=2)
        >> maxpool(3, stride=2, padding=0, ceil=True)
        >> conv(384, 3) * 2
        >> conv(256, 3)
        >> maxpool(3, stride=2, padding=0, ceil=True)
        >> fc(4096, dropout=0.5) * 2
        >> classifier(1000)
    """)


REFERENCES = (ZFNET.net("zfnet", zfnet),)
