"""Networks that no package has ready: in plain torch from papers, or by torchvision's classes."""

from itertools import pairwise

import torch
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


def _layers(*convolutions: nn.Conv2d, active: str) -> nn.Sequential:
    """Convolutions, each with batch norm, ReLU where `active` says "r"."""
    made: list[nn.Module] = []
    for convolution, kind in zip(convolutions, active, strict=True):
        made += [convolution, nn.BatchNorm2d(convolution.out_channels)]
        made += [nn.ReLU()] if kind == "r" else []
    return nn.Sequential(*made)


class _Choice(nn.Module):
    """arXiv:1904.00420, section 3.4: kernels of 3, 5 and 7, or the Xception variant."""

    def __init__(self, before: int, out: int, choice: int, stride: int) -> None:
        super().__init__()
        kernel = (3, 5, 7, 3)[choice]
        kept, middle = before if stride == 2 else before // 2, out // 2

        def depthwise(channels: int, step: int = 1) -> nn.Conv2d:
            pad = kernel // 2
            return nn.Conv2d(channels, channels, kernel, step, pad, groups=channels, bias=False)

        def pointwise(a: int, b: int) -> nn.Conv2d:
            return nn.Conv2d(a, b, 1, bias=False)

        self.other = None
        if stride == 2:
            self.other = _layers(depthwise(kept, 2), pointwise(kept, kept), active="-r")
        if choice == 3:
            pairs = ((kept, middle), (middle, middle), (middle, out - kept))
            parts = [
                part
                for number, (a, b) in enumerate(pairs)
                for part in (depthwise(a, 1 if number else stride), pointwise(a, b))
            ]
            self.main = _layers(*parts, active="-r-r-r")
        else:
            ends = pointwise(kept, middle), pointwise(middle, out - kept)
            self.main = _layers(ends[0], depthwise(middle, stride), ends[1], active="r-r")

    def forward(self, x: Tensor) -> Tensor:
        if self.other is not None:
            return torch.cat((self.other(x), self.main(x)), 1)
        return torch.cat((x[:, ::2], self.main(x[:, 1::2])), 1)


def spos() -> nn.Module:
    """arXiv:1904.00420 with the choices of the README of megvii-model/SinglePathOneShot."""
    choices = iter((2, 1, 0, 1, 2, 0, 2, 0, 2, 0, 2, 3, 0, 0, 0, 0, 3, 2, 3, 3))
    parts: list[nn.Module] = [*_layers(nn.Conv2d(3, 16, 3, 2, 1, bias=False), active="r")]
    before = 16
    for out, depth in ((64, 4), (160, 4), (320, 8), (640, 4)):
        for number in range(depth):
            parts.append(_Choice(before, out, next(choices), 1 if number else 2))
            before = out
    parts += [*_layers(nn.Conv2d(640, 1024, 1, bias=False), active="r")]
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1))
    return nn.Sequential(*parts, *head, nn.Linear(1024, 1000, bias=False))


class _Gain(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 2) * self.weight + self.bias


class _Codes(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("codes", torch.ones(10, 84))

    def forward(self, x: Tensor) -> Tensor:
        return -torch.stack([((x - code) ** 2).sum(1) for code in self.codes], 1)


class _LeNet1998(nn.Module):
    """LeCun et al. 1998, section II.B; C3's map i reads the maps of S2 that Table I marks."""

    TABLE = (
        *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
        *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
        *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5)),
    )

    def __init__(self) -> None:
        super().__init__()
        self.c1, self.s2 = nn.Conv2d(1, 6, 5), _Gain(6)
        self.c3 = nn.ModuleList(nn.Conv2d(len(seen), 1, 5) for seen in self.TABLE)
        self.s4, self.c5 = _Gain(16), nn.Conv2d(16, 120, 5)
        self.f6, self.output = nn.Linear(120, 84), _Codes()

    def forward(self, x: Tensor) -> Tensor:
        def squash(a: Tensor) -> Tensor:
            return 1.7159 * torch.tanh(2 / 3 * a)

        x = squash(self.s2(squash(self.c1(x))))
        maps = [c(x[:, list(seen)]) for c, seen in zip(self.c3, self.TABLE, strict=True)]
        x = squash(self.s4(squash(torch.cat(maps, 1))))
        return self.output(squash(self.f6(squash(self.c5(x)).flatten(1))))


def lenet5_1998() -> nn.Module:
    return _LeNet1998()


class _Inception(nn.Module):
    def __init__(self, before: int, *w: int) -> None:
        super().__init__()
        self.one = nn.Conv2d(before, w[0], 1)
        self.r3, self.three = nn.Conv2d(before, w[1], 1), nn.Conv2d(w[1], w[2], 3, padding=1)
        self.r5, self.five = nn.Conv2d(before, w[3], 1), nn.Conv2d(w[3], w[4], 5, padding=2)
        self.pooled = nn.Conv2d(before, w[5], 1)

    def forward(self, x: Tensor) -> Tensor:
        y = [self.one(x), self.three(self.r3(x).relu()), self.five(self.r5(x).relu())]
        return torch.cat([*y, self.pooled(F.max_pool2d(x, 3, 1, 1))], 1).relu()


class _GoogLeNet(nn.Module):
    """arXiv:1409.4842, Table 1 and section 5 (the auxiliary classifiers)."""

    TABLE = (
        *((192, 64, 96, 128, 16, 32, 32), (256, 128, 128, 192, 32, 96, 64)),
        *((480, 192, 96, 208, 16, 48, 64), (512, 160, 112, 224, 24, 64, 64)),
        *((512, 128, 128, 256, 24, 64, 64), (512, 112, 144, 288, 32, 64, 64)),
        (528, 256, 160, 320, 32, 128, 128),
        *((832, 256, 160, 320, 32, 128, 128), (832, 384, 192, 384, 48, 128, 128)),
    )

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            *(nn.Conv2d(3, 64, 7, 2, 3), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True)),
            *(nn.LocalResponseNorm(5), nn.Conv2d(64, 64, 1), nn.ReLU()),
            *(nn.Conv2d(64, 192, 3, 1, 1), nn.ReLU(), nn.LocalResponseNorm(5)),
            nn.MaxPool2d(3, 2, ceil_mode=True),
        )
        self.modules_ = nn.ModuleList(_Inception(*row) for row in self.TABLE)
        self.aux = nn.ModuleList(
            nn.Sequential(
                *(nn.AvgPool2d(5, 3), nn.Conv2d(channels, 128, 1), nn.ReLU(), nn.Flatten()),
                *(nn.Linear(2048, 1024), nn.ReLU(), nn.Dropout(0.7), nn.Linear(1024, 1000)),
            )
            for channels in (512, 528)
        )
        self.drop, self.last = nn.Dropout(0.4), nn.Linear(1024, 1000)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        x, aux = self.stem(x), []
        for number, module in enumerate(self.modules_):
            if number in (2, 7):
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
            x = module(x)
            if self.training and number in (2, 5):
                aux.append(self.aux[len(aux)](x))
        y = self.last(self.drop(x.mean((2, 3))))
        return (y, *aux) if self.training else y


def googlenet_2014() -> nn.Module:
    return _GoogLeNet()
