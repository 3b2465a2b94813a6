"""MobileNet: depthwise separable convolution (v1, arXiv:1704.04861), inverted residuals with linear
bottlenecks (v2, arXiv:1801.04381)."""

from __future__ import annotations

from functools import partial

from nas.dsl import classifier, conv, default, image, mbconv
from nas.genotype import Genotype
from nas.scaling import round_channels
from nas.zoo._base import Paper

SLIM = "tensorflow/models, slim/nets/mobilenet/README.md"
V2 = Paper("MobileNet", 2018, "MobileNetV2, arXiv:1801.04381", SLIM)


def mobilenet_v2(width: float = 1.0) -> Genotype:
    """Table 2; the last 1x1 is never narrowed."""
    stem = conv(round_channels(32 * width), 3, stride=2)
    net = image(3, 224, 224) >> default(act="relu6") >> stem
    net = net >> mbconv(round_channels(16 * width), 3, expand=1, se=0) * 1
    stages = ((24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1))
    for out, depth, stride in stages:
        net = net >> mbconv(round_channels(out * width), 3, stride=stride, se=0) * depth
    return net >> conv(round_channels(1280 * max(1.0, width))) >> classifier(1000, dropout=0.2)


REFERENCES = (
    V2.net("mobilenet_v2", mobilenet_v2, 28.2, 9.0, aliases=("mobilenetv2_100",)),
    V2.net("mobilenetv2_050", partial(mobilenet_v2, 0.5), 34.6, 13.6),
    V2.net("mobilenetv2_140", partial(mobilenet_v2, 1.4), 25.0, 7.5),
)
