"""The ten networks that are compared, by what each library calls them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """One network in nas, in timm, and in torchvision where it is there."""

    nas: str
    timm: str
    torchvision: str = ""


TEN = (
    Network("resnet50", "resnet50", "resnet50"),
    Network("resnext50_32x4d", "resnext50_32x4d", "resnext50_32x4d"),
    Network("densenet121", "densenet121", "densenet121"),
    Network("mobilenet_v2", "mobilenetv2_100", "mobilenet_v2"),
    Network("tf_mobilenetv3_large_100", "tf_mobilenetv3_large_100", "mobilenet_v3_large"),
    Network("efficientnet_b0", "efficientnet_b0", "efficientnet_b0"),
    Network("regnet_x_3_2gf", "regnetx_032", "regnet_x_3_2gf"),
    Network("seresnet50", "seresnet50"),
    Network("convnext_tiny", "convnext_tiny", "convnext_tiny"),
    Network("vit_small_patch16_224", "vit_small_patch16_224"),
)
