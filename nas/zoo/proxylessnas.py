"""ProxylessNAS: searched on the target task and for the target device, without a proxy. Source:
arXiv:1812.00332."""

from __future__ import annotations

from nas.dsl import classifier, conv, default, image, mbconv
from nas.genotype import Genotype
from nas.zoo._base import Paper

PROXYLESS = Paper(
    "ProxylessNAS",
    2018,
    "ProxylessNAS, arXiv:1812.00332",
    idea="search on the target task and device, without a proxy",
)


def _net(stem: int, first: int, blocks: str, head: int) -> Genotype:
    """Figure 5; `blocks` are channels:kernel:expansion, with `/` where the stride is 2."""
    net = image(3, 224, 224) >> default(act="relu6", eps=0.001) >> conv(stem, 3, stride=2)
    net = net >> mbconv(first, expand=1, se=0) * 1
    for written in blocks.split():
        out, kernel, expand = map(int, written.strip("/").split(":"))
        stride = {"stride": 2} if written.startswith("/") else {}
        net = net >> mbconv(out, kernel, expand=expand, se=0, **stride)
    return net >> conv(head) >> classifier(1000)


def proxylessnas_mobile() -> Genotype:
    """For Pixel 1."""
    blocks = (
        "/32:5:3 32:3:3 /40:7:3 40:3:3 40:5:3 40:5:3 /80:7:6 80:5:3 80:5:3 80:5:3 "
        "96:5:6 96:5:3 96:5:3 96:5:3 /192:7:6 192:7:6 192:7:3 192:7:3 320:7:6"
    )
    return _net(32, 16, blocks, 1280)


def proxylessnas_cpu() -> Genotype:
    """For a Xeon CPU."""
    blocks = (
        "/32:3:6 32:3:3 32:3:3 32:3:3 /48:3:6 48:3:3 48:3:3 48:5:3 /88:3:6 88:3:3 "
        "104:5:6 104:3:3 104:3:3 104:3:3 /216:5:6 216:5:3 216:5:3 216:3:3 360:5:6"
    )
    return _net(40, 24, blocks, 1432)


def proxylessnas_gpu() -> Genotype:
    """For a V100 GPU."""
    blocks = (
        "/32:5:3 /56:7:3 56:3:3 /112:7:6 112:5:3 128:5:6 128:3:3 128:5:3 "
        "/256:7:6 256:7:6 256:7:6 256:5:6 432:7:6"
    )
    return _net(40, 24, blocks, 1728)


REFERENCES = (
    PROXYLESS.net("proxylessnas_mobile", proxylessnas_mobile),
    PROXYLESS.net("proxylessnas_cpu", proxylessnas_cpu),
    PROXYLESS.net("proxylessnas_gpu", proxylessnas_gpu),
)
