"""SENet: squeeze-and-excitation in every residual block. Source: arXiv:1709.01507.

As timm's, bottlenecks stride on their 3x3; the authors' Caffe networks (`legacy_seresnet...`)
stride on the first 1x1 and have no border in the first pooling, with the same parameters. In the
latter only, `legacy_senet154`, the authors' own, differs from timm's `senet154`.
"""

from __future__ import annotations

from functools import partial

from nas.dsl import maxpool
from nas.genotype import Genotype, parse
from nas.zoo._base import Paper
from nas.zoo.resnet import resnet
from nas.zoo.resnext import resnext

SENET = Paper(
    "SENet",
    2017,
    "SENet, arXiv:1709.01507",
    "hujie-frank/SENet README, re-trained",
    idea="squeeze-and-excitation: channels are reweighed by what is seen",
)
SQUEEZE = 1 / 16
NO_BORDER = maxpool(3, stride=2, padding=0, ceil=True)
caffe = partial(resnet, pool=NO_BORDER, se=SQUEEZE, early=True)


def senet154(pool: str = "") -> Genotype:
    """Section 6.2 and appendix: a SE-ResNeXt-152 64x4d with a stem of three 3x3, 3x3 projections
    and first 1x1 convolutions of half the width; `pool` says how the stem's pooling meets
    borders."""
    text = f"""
        image(3, 224, 224)
        >> conv(64, 3, stride=2) >> conv(64, 3) >> conv(128, 3)
        >> maxpool(3, stride=2{pool})
    """
    for width, depth in ((256, 3), (512, 8), (1024, 36), (2048, 3)):
        stride = ", stride=2" if width > 256 else ""
        body = (
            f"conv({width // 2}) >> conv({width}, 3, groups=64{{}}) >> "
            f'conv({width}, act="none") >> se'
        )
        skip = f'conv({width}, {{}}act="none")'.format("3, stride=2, " if stride else "")
        text += f">> (({body.format(stride)}) + {skip} >> act) * 1\n"
        text += f">> (({body.format('')}) + identity >> act) * {depth - 1}\n"
    return parse(text + ">> classifier(1000, dropout=0.2)")


REFERENCES = (
    SENET.net("seresnet50", partial(resnet, (3, 4, 6, 3), se=SQUEEZE), 22.37, 6.36),
    SENET.net("seresnet101", partial(resnet, (3, 4, 23, 3), se=SQUEEZE), 21.75, 5.72),
    SENET.net("seresnet152", partial(resnet, (3, 8, 36, 3), se=SQUEEZE), 21.34, 5.54),
    SENET.net("seresnext50_32x4d", partial(resnext, (3, 4, 6, 3), 32, 4, se=SQUEEZE), 20.97, 5.54),
    SENET.net(
        "seresnext101_32x4d", partial(resnext, (3, 4, 23, 3), 32, 4, se=SQUEEZE), 19.81, 4.96
    ),
    SENET.net("legacy_seresnet50", partial(caffe, (3, 4, 6, 3)), 22.37, 6.36),
    SENET.net("legacy_seresnet101", partial(caffe, (3, 4, 23, 3)), 21.75, 5.72),
    SENET.net("legacy_seresnet152", partial(caffe, (3, 8, 36, 3)), 21.34, 5.54),
    SENET.net("senet154", senet154),
    SENET.net("legacy_senet154", partial(senet154, ", padding=0, ceil=True"), 18.68, 4.47),
)
