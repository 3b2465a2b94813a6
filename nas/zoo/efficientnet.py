"""EfficientNet: MBConv stages found by search, scaled in width, depth and resolution at once.

Source: arXiv:1905.11946; Lite: tensorflow/tpu, models/official/efficientnet/lite; V2:
arXiv:2104.00298; L2: Noisy Student, arXiv:1911.04252, and Meta Pseudo Labels, arXiv:2003.10580
(top-1 errors of 11.6 and 9.8 %, with unlabelled images of the web).

The released networks aren't what one coefficient gives: each has its own width, depth and
resolution here. torchvision's B5 to B7 and V2 have TensorFlow's batch-norm epsilon; the `tf_`
variants pad as TensorFlow does, too, and are the networks that the papers' weights belong to.
"""

from __future__ import annotations

import math
from functools import partial

from nas.genotype import Genotype, parse
from nas.scaling import scale
from nas.scaling.released import EFFICIENTNET as B
from nas.zoo._base import Paper

EFFICIENTNET = Paper(
    "EfficientNet",
    2019,
    "EfficientNet, arXiv:1905.11946",
    idea="compound scaling: width, depth and resolution at once",
)
LITE = Paper(
    "EfficientNet",
    2020,
    "EfficientNet-Lite, tensorflow/tpu",
    idea="EfficientNet without squeeze-and-excitation, for mobile accelerators",
)
V2 = Paper(
    "EfficientNet",
    2021,
    "EfficientNetV2, arXiv:2104.00298",
    "google/automl README",
    idea="fused inverted bottlenecks where maps are large; a search for training speed",
)
TF = '>> default(eps=0.001, momentum=0.01, padding="same")'
EPS = ">> default(eps=0.001, momentum=0.01)"
EPS_ONLY = ">> default(eps=0.001)"


def efficientnet(
    width: float, depth: float, pixels: int, dropout: float = 0.2, settings: str = ""
) -> Genotype:
    """Table 1 (B0), `width` times as wide and `depth` times as deep."""
    b0 = parse(f"""
        image(3, 224, 224) {settings}
        >> conv(32, 3, stride=2, act="silu")
        >> mbconv(16, 3, expand=1) * 1
        >> mbconv(24, 3, stride=2) * 2
        >> mbconv(40, 5, stride=2) * 2
        >> mbconv(80, 3, stride=2) * 3
        >> mbconv(112, 5) * 3
        >> mbconv(192, 5, stride=2) * 4
        >> mbconv(320, 3) * 1
        >> conv(1280, 1, act="silu")
        >> classifier(1000, dropout={dropout})
    """)
    return scale(b0, width, depth, pixels)


def efficientnet_lite(
    width: float, depth: float, pixels: int, dropout: float, settings: str = ""
) -> Genotype:
    """Without squeeze-and-excitation, with ReLU6; stem and head keep their width, the first and
    last stage their depth."""
    first = scale(parse("mbconv(16, 3, expand=1, se=0) * 1"), width)
    stages = """
        mbconv(24, 3, stride=2, se=0) * 2
        >> mbconv(40, 5, stride=2, se=0) * 2
        >> mbconv(80, 3, stride=2, se=0) * 3
        >> mbconv(112, 5, se=0) * 3
        >> mbconv(192, 5, stride=2, se=0) * 4
    """
    last = scale(parse("mbconv(320, 3, se=0) * 1"), width)
    net = parse(f'image(3, {pixels}, {pixels}) >> default(act="relu6"{settings})')
    net = net >> parse("conv(32, 3, stride=2)") >> first >> scale(parse(stages), width, depth)
    return net >> last >> parse(f"conv(1280) >> classifier(1000, dropout={dropout})")


def efficientnet_v2_b(width: float, depth: float, pixels: int, dropout: float) -> Genotype:
    """The V2 paper's base network, scaled; widths are the nearest multiples of 8."""
    stages = (
        ("fused_mbconv({}, expand=1)", 16, 1),
        ("fused_mbconv({}, stride=2)", 32, 2),
        ("fused_mbconv({}, stride=2)", 48, 2),
        ("mbconv({}, stride=2, expand=4)", 96, 3),
        ("mbconv({})", 112, 5),
        ("mbconv({}, stride=2)", 192, 8),
    )
    text = f"image(3, {pixels}, {pixels}) {TF}"
    text += f' >> conv({_eights(32 * width)}, 3, stride=2, act="silu")'
    for kind, out, copies in stages:
        text += f"\n>> {kind.format(_eights(out * width))} * {math.ceil(copies * depth)}"
    head = _eights(1280 * width)
    return parse(f'{text} >> conv({head}, act="silu") >> classifier(1000, dropout={dropout})')


def _eights(channels: float) -> int:
    return int(channels + 4) // 8 * 8


def efficientnet_v2(pixels: int, stem: int, stages: str, dropout: float, settings: str) -> Genotype:
    """The V2 paper's Table 4 (S) and its larger relatives; `stages` are width x depth, in order."""
    sizes = [tuple(map(int, stage.split("x"))) for stage in stages.split()]
    kinds = ["fused_mbconv({0}, expand=1)", "fused_mbconv({0}, stride=2)"]
    kinds += ["fused_mbconv({0}, stride=2)", "mbconv({0}, stride=2, expand=4)"]
    kinds += ["mbconv({0})", "mbconv({0}, stride=2)", "mbconv({0})"]
    body = "".join(
        f"\n>> {kind.format(width)} * {depth}"
        for kind, (width, depth) in zip(kinds, sizes, strict=False)
    )
    return parse(f"""
        image(3, {pixels}, {pixels}) {settings}
        >> conv({stem}, 3, stride=2, act="silu")
        {body}
        >> conv(1280, act="silu") >> classifier(1000, dropout={dropout})
    """)


LITES = {
    "lite0": (1.0, 1.0, 224, 0.2),
    "lite1": (1.0, 1.1, 240, 0.2),
    "lite2": (1.1, 1.2, 260, 0.3),
    "lite3": (1.2, 1.4, 280, 0.3),
    "lite4": (1.4, 1.8, 300, 0.3),
}
V2_B = {
    "b0": (1.0, 1.0, 224, 0.2),
    "b1": (1.0, 1.1, 240, 0.2),
    "b2": (1.1, 1.2, 260, 0.3),
    "b3": (1.2, 1.4, 300, 0.3),
}
SMALL = (384, 24, "24x2 48x4 64x4 128x6 160x9 256x15", 0.2)
MEDIUM = (480, 24, "24x3 48x5 80x5 160x7 176x14 304x18 512x5", 0.3)
LARGE = (480, 32, "32x4 64x7 96x7 192x10 224x19 384x25 640x7", 0.4)
XL = (512, 32, "32x4 64x8 96x8 192x16 256x24 512x32 640x8", 0.4)
ERRORS = {  # torchvision's weights
    "b0": (22.31, 6.47),
    "b1": (21.36, 5.81),
    "b2": (19.39, 4.69),
    "b3": (17.99, 3.95),
    "b4": (16.62, 3.41),
    "b5": (16.56, 3.37),
    "b6": (15.99, 3.08),
    "b7": (15.88, 3.09),
}
PAPER = "arXiv:1905.11946v5, Table 2"
PAPER_ERRORS = {"b0": 22.9, "b1": 20.9, "b2": 19.9, "b3": 18.4, "b4": 17.1, "b5": 16.4, "b6": 16.0}
PAPER_ERRORS |= {"b7": 15.7, "l2": 11.6}
V2_ERRORS = {"b0": 21.3, "b1": 20.2, "b2": 19.5, "b3": 17.9}

REFERENCES = (
    *(
        EFFICIENTNET.net(
            f"efficientnet_{size}",
            partial(efficientnet, *B[size], EPS if size in ("b5", "b6", "b7") else ""),
            *ERRORS.get(size, ()),
        )
        for size in B
    ),
    *(
        EFFICIENTNET.net(
            f"tf_efficientnet_{size}",
            partial(efficientnet, *B[size], TF),
            PAPER_ERRORS.get(size),
            source="Noisy Student, arXiv:1911.04252, abstract" if size == "l2" else PAPER,
        )
        for size in B
    ),
    *(LITE.net(f"efficientnet_{size}", partial(efficientnet_lite, *LITES[size])) for size in LITES),
    *(
        LITE.net(
            f"tf_efficientnet_{size}",
            partial(efficientnet_lite, *LITES[size], ', eps=0.001, momentum=0.01, padding="same"'),
        )
        for size in LITES
    ),
    V2.net("efficientnet_v2_s", partial(efficientnet_v2, *SMALL, EPS_ONLY), 16.1),
    V2.net("efficientnet_v2_m", partial(efficientnet_v2, *MEDIUM, EPS_ONLY), 14.8),
    V2.net("efficientnet_v2_l", partial(efficientnet_v2, *LARGE, EPS_ONLY), 14.3),
    V2.net("tf_efficientnetv2_s", partial(efficientnet_v2, *SMALL, TF), 16.1),
    V2.net("tf_efficientnetv2_m", partial(efficientnet_v2, *MEDIUM, TF), 14.8),
    V2.net("tf_efficientnetv2_l", partial(efficientnet_v2, *LARGE, TF), 14.3),
    V2.net("tf_efficientnetv2_xl", partial(efficientnet_v2, *XL, TF)),
    *(
        V2.net(
            f"tf_efficientnetv2_{size}", partial(efficientnet_v2_b, *V2_B[size]), V2_ERRORS[size]
        )
        for size in V2_B
    ),
)
