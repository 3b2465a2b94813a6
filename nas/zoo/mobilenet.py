"""MobileNet: depthwise separable convolution (v1, arXiv:1704.04861), inverted residuals with linear
bottlenecks (v2, arXiv:1801.04381), found by search with cheap activations (v3, arXiv:1905.02244).

torchvision's v3 has TensorFlow's batch-norm epsilon, but pads evenly; the `tf_` variants pad as
TensorFlow does.
"""

from __future__ import annotations

from functools import partial

from nas.dsl import classifier, conv, default, dwsep, image, mbconv
from nas.genotype import Genotype, parse
from nas.scaling import round_channels
from nas.zoo._base import Paper

LIKE_TORCHVISION = "eps=0.001, momentum=0.01"
LIKE_TENSORFLOW = "eps=0.001, momentum=0.01, padding='same'"
SLIM = "tensorflow/models, slim/nets/mobilenet/README.md"
V1 = Paper(
    "MobileNet",
    2017,
    "MobileNet, arXiv:1704.04861",
    "tensorflow/models, mobilenet_v1.md",
    idea="depthwise separable convolution; multipliers of width and resolution",
)
V2 = Paper(
    "MobileNet",
    2018,
    "MobileNetV2, arXiv:1801.04381",
    SLIM,
    idea="inverted residuals with linear bottlenecks",
)
V3 = Paper(
    "MobileNet",
    2019,
    "MobileNetV3, arXiv:1905.02244",
    SLIM,
    idea="search, then repair layer by layer; hard-swish",
)


def mobilenet(width: float = 1.0) -> Genotype:
    """v1, Table 1, with the ReLU6 of the released networks."""
    net = (
        image(3, 224, 224) >> default(act="relu6") >> conv(round_channels(32 * width), 3, stride=2)
    )
    net = net >> dwsep(round_channels(64 * width))
    for out, depth in ((128, 2), (256, 2), (512, 6), (1024, 2)):
        net = net >> dwsep(round_channels(out * width), stride=2) * depth
    return net >> classifier(1000)


def mobilenet_v2(width: float = 1.0) -> Genotype:
    """v2, Table 2; the last 1x1 is never narrowed."""
    stem = conv(round_channels(32 * width), 3, stride=2)
    net = image(3, 224, 224) >> default(act="relu6") >> stem
    net = net >> mbconv(round_channels(16 * width), 3, expand=1, se=0) * 1
    stages = ((24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1))
    for out, depth, stride in stages:
        net = net >> mbconv(round_channels(out * width), 3, stride=stride, se=0) * depth
    return net >> conv(round_channels(1280 * max(1.0, width))) >> classifier(1000, dropout=0.2)


def mobilenet_v3_large(settings: str = LIKE_TORCHVISION) -> Genotype:
    """v3, Table 1."""
    return parse(f"""
        image(3, 224, 224) >> default({settings})
        >> conv(16, 3, stride=2, act="hardswish")
        >> bneck(16, act="relu")
        >> bneck(24, 3, stride=2, hidden=64, act="relu")
        >> bneck(24, 3, hidden=72, act="relu")
        >> bneck(40, 5, stride=2, hidden=72, se=True, act="relu")
        >> bneck(40, 5, hidden=120, se=True, act="relu") * 2
        >> bneck(80, 3, stride=2, hidden=240)
        >> bneck(80, 3, hidden=200)
        >> bneck(80, 3, hidden=184) * 2
        >> bneck(112, 3, hidden=480, se=True)
        >> bneck(112, 3, hidden=672, se=True)
        >> bneck(160, 5, stride=2, hidden=672, se=True)
        >> bneck(160, 5, hidden=960, se=True) * 2
        >> conv(960, act="hardswish") >> global_pool
        >> fc(1280, act="hardswish", dropout=0.2) >> classifier(1000)
    """)


def mobilenet_v3_small(settings: str = LIKE_TORCHVISION) -> Genotype:
    """v3, Table 2."""
    return parse(f"""
        image(3, 224, 224) >> default({settings})
        >> conv(16, 3, stride=2, act="hardswish")
        >> bneck(16, 3, stride=2, se=True, act="relu")
        >> bneck(24, 3, stride=2, hidden=72, act="relu")
        >> bneck(24, 3, hidden=88, act="relu")
        >> bneck(40, 5, stride=2, hidden=96, se=True)
        >> bneck(40, 5, hidden=240, se=True) * 2
        >> bneck(48, 5, hidden=120, se=True)
        >> bneck(48, 5, hidden=144, se=True)
        >> bneck(96, 5, stride=2, hidden=288, se=True)
        >> bneck(96, 5, hidden=576, se=True) * 2
        >> conv(576, act="hardswish") >> global_pool
        >> fc(1024, act="hardswish", dropout=0.2) >> classifier(1000)
    """)


REFERENCES = (
    V1.net("mobilenetv1_100", mobilenet, 29.1, 10.1, aliases=("mobilenet_v1",)),
    V1.net("mobilenetv1_075", partial(mobilenet, 0.75), 31.6, 11.8),
    V1.net("mobilenetv1_050", partial(mobilenet, 0.5), 36.7, 15.1),
    V1.net("mobilenetv1_025", partial(mobilenet, 0.25), 50.2, 25.8),
    V2.net("mobilenet_v2", mobilenet_v2, 28.2, 9.0, aliases=("mobilenetv2", "mobilenetv2_100")),
    V2.net("mobilenetv2_050", partial(mobilenet_v2, 0.5), 34.6, 13.6),
    V2.net("mobilenetv2_140", partial(mobilenet_v2, 1.4), 25.0, 7.5),
    V3.net("mobilenet_v3_large", mobilenet_v3_large, 24.8),
    V3.net("mobilenet_v3_small", mobilenet_v3_small, 32.5),
    V3.net("tf_mobilenetv3_large_100", partial(mobilenet_v3_large, LIKE_TENSORFLOW), 24.8),
    V3.net("tf_mobilenetv3_small_100", partial(mobilenet_v3_small, LIKE_TENSORFLOW), 32.5),
)
