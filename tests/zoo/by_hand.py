"""Networks that no package has ready: in plain torch from papers, or by torchvision's classes."""

from itertools import pairwise

import torch.nn.functional as F  # noqa: N812
from by_hand_attention import coatnet, coatnet_mixed, swin_v2_g  # noqa: F401
from cells_by_hand import amoebanet_a, darts_cifar10, nas_bench_201_best  # noqa: F401
from torch import Tensor, nn
from witness import timm, torchvision


def lenet5() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten()),
        *(nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)),
    )


def alexnet_2012() -> nn.Module:
    """NIPS 2012, section 3.5; normalization with k = 2, n = 5, alpha = 1e-4, beta = 0.75."""
    return nn.Sequential(
        *(nn.Conv2d(3, 96, 11, 4), nn.ReLU(), nn.LocalResponseNorm(5, k=2), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU()),
        *(nn.LocalResponseNorm(5, k=2), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Flatten(), nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout()),
        *(nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 1000)),
    )


def densenet264() -> nn.Module:
    return torchvision.models.DenseNet(32, (6, 12, 64, 48), 64)


def resnext101_32x48d() -> nn.Module:
    bottleneck = torchvision.models.resnet.Bottleneck
    return torchvision.models.ResNet(bottleneck, [3, 4, 23, 3], groups=32, width_per_group=48)


def overfeat_fast() -> nn.Module:
    """arXiv:1312.6229, Table 1."""
    return nn.Sequential(
        *(nn.Conv2d(3, 96, 11, 4), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(96, 256, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(256, 512, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(512, 1024, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(1024, 1024, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(1024 * 36, 3072), nn.ReLU(), nn.Dropout()),
        *(nn.Linear(3072, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 1000)),
    )


def overfeat_accurate() -> nn.Module:
    """arXiv:1312.6229, Table 3."""
    return nn.Sequential(
        *(nn.Conv2d(3, 96, 7, 2), nn.ReLU(), nn.MaxPool2d(3)),
        *(nn.Conv2d(96, 256, 7), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(256, 512, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(512, 512, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(512, 1024, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(1024, 1024, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3)),
        *(nn.Flatten(), nn.Linear(1024 * 25, 4096), nn.ReLU(), nn.Dropout()),
        *(nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 1000)),
    )


def nin() -> nn.Module:
    """The ImageNet model of Caffe's zoo, arXiv:1312.4400's authors."""

    def block(*convolutions: nn.Module) -> list[nn.Module]:
        return [layer for convolution in convolutions for layer in (convolution, nn.ReLU())]

    def pool() -> nn.Module:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    return nn.Sequential(
        *block(nn.Conv2d(3, 96, 11, 4), nn.Conv2d(96, 96, 1), nn.Conv2d(96, 96, 1)),
        pool(),
        *block(nn.Conv2d(96, 256, 5, padding=2), nn.Conv2d(256, 256, 1), nn.Conv2d(256, 256, 1)),
        pool(),
        *block(nn.Conv2d(256, 384, 3, padding=1), nn.Conv2d(384, 384, 1), nn.Conv2d(384, 384, 1)),
        pool(),
        nn.Dropout(),
        *block(nn.Conv2d(384, 1024, 3, padding=1), nn.Conv2d(1024, 1024, 1)),
        *block(nn.Conv2d(1024, 1000, 1)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    )


def mobilenet_v1(channel_multiplier: float) -> nn.Module:
    return timm.models.efficientnet._gen_mobilenet_v1(
        "mobilenetv1_100", channel_multiplier=channel_multiplier
    )


class _Basic(nn.Module):
    """arXiv:1512.03385, section 4.2: two 3x3; where shapes differ, the shortcut is every second
    pixel with channels of zeros behind (option A)."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.more, self.stride = width - before, 1 if width == before else 2
        self.body = nn.Sequential(
            nn.Conv2d(before, width, 3, self.stride, 1, bias=False),
            *(nn.BatchNorm2d(width), nn.ReLU()),
            nn.Conv2d(width, width, 3, 1, 1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        skip = x[:, :, :: self.stride, :: self.stride]
        return F.relu(self.body(x) + F.pad(skip, (0, 0, 0, 0, 0, self.more)))


def resnet_cifar(depth: int) -> nn.Module:
    n = (depth - 2) // 6
    widths = [16] * (n + 1) + [32] * n + [64] * n
    blocks = [_Basic(a, b) for a, b in pairwise(widths)]
    stem = (nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    return nn.Sequential(*stem, *blocks, *head)


class _Wide(nn.Module):
    """arXiv:1605.07146, as szagoruyko/wide-residual-networks: norm, ReLU, 3x3, twice, with dropout;
    a 1x1 of the activated input where the width changes."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(before), nn.BatchNorm2d(width)
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.skip = None if before == width else nn.Conv2d(before, width, 1, stride, bias=False)
        self.dropout = nn.Dropout(0.3)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm1(x))
        z = self.conv2(self.dropout(F.relu(self.norm2(self.conv1(y)))))
        return z + (x if self.skip is None else self.skip(y))


def wrn28_10() -> nn.Module:
    widths = [16] + [160] * 4 + [320] * 4 + [640] * 4
    blocks = [_Wide(a, b, 2 if a != b and a > 16 else 1) for a, b in pairwise(widths)]
    stem = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
    head = (nn.BatchNorm2d(640), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(stem, *blocks, *head, nn.Linear(640, 10))
