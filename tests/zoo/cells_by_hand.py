"""Cells in plain torch, read from the tables of the authors' releases: lists of operations and of
what they read, as no genotype writes them."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


def _same(x: Tensor, kernel: int | tuple[int, int], stride: int | tuple[int, int]) -> list[int]:
    """TensorFlow's SAME padding in F.pad's order: what is uneven comes at the right and bottom."""
    kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
    stride = (stride, stride) if isinstance(stride, int) else stride
    sides: list[int] = []
    for length, k, s in zip(x.shape[2:], kernel, stride, strict=True):
        total = max((-(-length // s) - 1) * s + k - length, 0)
        sides = [total // 2, total - total // 2, *sides]
    return sides


class SameConv(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, _same(x, self.kernel_size, self.stride))
        return F.conv2d(x, self.weight, None, self.stride, 0, 1, self.groups)


def conv(i: int, o: int, kernel: int | tuple[int, int] = 1, stride: int | tuple[int, int] = 1):
    return nn.Sequential(SameConv(i, o, kernel, stride, bias=False), nn.BatchNorm2d(o, 1e-3))


class Pool(nn.Module):
    """SAME pooling by unfolding: each window's valid pixels, their largest or their mean."""

    def __init__(self, kind: str, stride: int) -> None:
        super().__init__()
        self.kind, self.stride = kind, stride

    def forward(self, x: Tensor) -> Tensor:
        sides = _same(x, 3, self.stride)
        outside = float("-inf") if self.kind == "max" else 0.0
        windows = F.pad(x, sides, value=outside).unfold(2, 3, self.stride).unfold(3, 3, self.stride)
        if self.kind == "max":
            return windows.amax((4, 5))
        inside = F.pad(torch.ones_like(x), sides).unfold(2, 3, self.stride)
        return windows.sum((4, 5)) / inside.unfold(3, 3, self.stride).sum((4, 5))


class Reduce(nn.Module):
    """factorized_reduction of tensorflow/tpu's network_utils.py."""

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.path1 = nn.Conv2d(i, o // 2, 1, bias=False)
        self.path2 = nn.Conv2d(i, o - o // 2, 1, bias=False)
        self.bn = nn.BatchNorm2d(o, 1e-3)

    def forward(self, x: Tensor) -> Tensor:
        shifted = F.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]
        paths = self.path1(x[:, :, ::2, ::2]), self.path2(shifted[:, :, ::2, ::2])
        return self.bn(torch.cat(paths, 1))


def operation(name: str, i: int, o: int, stride: int) -> nn.Module:
    """_apply_operation of network_utils.py."""
    if name.startswith("separable"):
        k = int(name[len("separable_")])
        parts: list[nn.Module] = []
        for a, s in ((i, stride), (o, 1)):
            depthwise = SameConv(a, a, k, s, groups=a, bias=False)
            parts += [nn.ReLU(), depthwise, *conv(a, o)]
        return nn.Sequential(*parts)
    if name == "1x7_7x1":
        narrow = o // 4
        return nn.Sequential(
            *(nn.ReLU(), conv(i, narrow), nn.ReLU(), conv(narrow, narrow, (1, 7), (1, stride))),
            *(nn.ReLU(), conv(narrow, narrow, (7, 1), (stride, 1)), nn.ReLU(), conv(narrow, o)),
        )
    if "pool" in name:
        pool = Pool(name[:3], stride)
        return pool if i == o else nn.Sequential(pool, conv(i, o))
    if stride > 1 or i != o:
        return nn.Sequential(nn.ReLU(), conv(i, o, 1, stride))
    return nn.Identity()


class BaseCell(nn.Module):
    """BaseCell of network_utils.py: five pairs of operations on earlier states, unused ones out."""

    def __init__(
        self,
        spec: tuple[str, list[int], list[int]],
        channels: tuple[int, int],
        filters: int,
        stride: int = 1,
        *,
        raw: bool = False,
        halve: bool = False,
    ) -> None:
        super().__init__()
        here, before = channels
        names, self.reads, self.used = spec[0].split(), spec[1], spec[2]
        self.begin = nn.Sequential(nn.ReLU(), conv(here, filters))
        self.prev: nn.Module = nn.Sequential(nn.ReLU(), conv(before, filters))
        if halve:
            self.prev = nn.Sequential(nn.ReLU(), Reduce(before, filters))
        if raw:
            self.prev = nn.Identity()
        width = [filters, before if raw else filters] + [filters] * 5
        self.ops = nn.ModuleList(
            operation(name, width[read], filters, stride if read < 2 else 1)
            for name, read in zip(names, self.reads, strict=True)
        )
        self.out = sum(w for w, used in zip(width, self.used, strict=True) if not used)

    def forward(self, x: Tensor, prev: Tensor) -> Tensor:
        states = [self.begin(x), self.prev(prev)]
        for pair in range(0, 10, 2):
            left, right = (self.ops[index](states[self.reads[index]]) for index in (pair, pair + 1))
            states.append(left + right)
        kept = [state for state, used in zip(states, self.used, strict=True) if not used]
        return torch.cat(kept, 1)


# model_specs.py of tensorflow/tpu, models/official/amoeba_net: "amoeba_net_a"
AMOEBANET_NORMAL = (
    "avg_pool_3x3 max_pool_3x3 separable_3x3_2 none none avg_pool_3x3 separable_3x3_2 "
    "separable_5x5_2 avg_pool_3x3 separable_3x3_2",
    [0, 0, 1, 1, 0, 1, 0, 2, 5, 0],
    [1, 0, 1, 0, 0, 1, 0],
)
AMOEBANET_REDUCTION = (
    "separable_3x3_2 avg_pool_3x3 max_pool_3x3 separable_7x7_2 max_pool_3x3 max_pool_3x3 "
    "separable_3x3_2 1x7_7x1 avg_pool_3x3 separable_7x7_2",
    [1, 0, 0, 2, 1, 0, 4, 0, 1, 0],
    [1, 1, 0, 0, 0, 0, 0],
)


class AmoebaNet(nn.Module):
    """_build_network_base of model_builder.py."""

    def __init__(self, filters: int = 190, cells: int = 6, stem: int = 32) -> None:
        super().__init__()
        self.conv0 = nn.Sequential(nn.Conv2d(3, stem, 3, 2, bias=False), nn.BatchNorm2d(stem, 1e-3))
        self.cells = nn.ModuleList()
        channels, sizes = [stem, stem], [1, 1]  # of the last two outputs; sizes in halvings
        plan = [(filters // 4, 2), (filters // 2, 2)]
        plan += [(filters, 1)] * cells + [(2 * filters, 2)]
        plan += [(2 * filters, 1)] * cells + [(4 * filters, 2)] + [(4 * filters, 1)] * cells
        for number, (width, stride) in enumerate(plan):
            cell = BaseCell(
                AMOEBANET_REDUCTION if stride == 2 else AMOEBANET_NORMAL,
                (channels[-1], channels[-2]),
                width,
                stride,
                raw=number == 0,
                halve=sizes[-1] > sizes[-2],
            )
            self.cells.append(cell)
            channels.append(cell.out)
            sizes.append(sizes[-1] + (stride == 2))
        self.logits = nn.Linear(channels[-1], 1000)

    def forward(self, image: Tensor) -> Tensor:
        x = self.conv0(image)
        outputs = [x, x]
        for cell in self.cells:
            outputs.append(cell(outputs[-1], outputs[-2]))
        return self.logits(F.relu(outputs[-1]).mean((2, 3)))


def amoebanet_a(**options: int) -> nn.Module:
    return AmoebaNet(**options)


class Darts(nn.Module):
    """NetworkCIFAR of quark0/darts' model.py, its cells by pytorchcv."""

    def __init__(self) -> None:
        super().__init__()
        from pytorchcv.models.darts import DartsUnit

        normal = [("sep_conv_3x3", 0), ("sep_conv_3x3", 1)] * 2
        normal += [("sep_conv_3x3", 1), ("skip_connect", 0), ("skip_connect", 0)]
        normal += [("dil_conv_3x3", 2)]
        reduce = [("max_pool_3x3", 0), ("max_pool_3x3", 1), ("skip_connect", 2)]
        reduce += [("max_pool_3x3", 1), ("max_pool_3x3", 0), ("skip_connect", 2)]
        reduce += [("skip_connect", 2), ("max_pool_3x3", 1)]
        self.stem = nn.Sequential(nn.Conv2d(3, 108, 3, padding=1, bias=False), nn.BatchNorm2d(108))
        self.cells = nn.ModuleList()
        before, here, width, reduced = 108, 108, 36, False
        for number in range(20):
            strided = number in (6, 13)
            width *= 2 if strided else 1
            self.cells.append(
                DartsUnit(here, before, 4 * width, reduce if strided else normal, strided, reduced)
            )
            before, here, reduced = here, 4 * width, strided
        self.classifier = nn.Linear(here, 10)

    def forward(self, image: Tensor) -> Tensor:
        prev = x = self.stem(image)
        for cell in self.cells:
            prev, x = x, cell(x, prev)
        return self.classifier(x.mean((2, 3)))


def darts_cifar10() -> nn.Module:
    return Darts()


class Nothing(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros_like(x)


class BenchCell(nn.Module):
    """NAS201SearchCell's discrete form: node j is the sum over i < j of an operation on node i."""

    def __init__(self, notation: str, width: int) -> None:
        super().__init__()
        self.ops = nn.ModuleList()
        self.froms: list[list[int]] = []
        for node in notation.split("+"):
            edges = [edge.split("~") for edge in node.strip("|").split("|")]
            self.froms.append([int(start) for _, start in edges])
            self.ops.append(nn.ModuleList(self._op(name, width) for name, _ in edges))

    @staticmethod
    def _op(name: str, width: int) -> nn.Module:
        if name.startswith("nor_conv"):
            kernel = int(name[-1])
            filters = nn.Conv2d(width, width, kernel, padding=kernel // 2, bias=False)
            return nn.Sequential(nn.ReLU(), filters, nn.BatchNorm2d(width))
        known = {
            "none": Nothing(),
            "skip_connect": nn.Identity(),
            "avg_pool_3x3": nn.AvgPool2d(3, 1, 1, count_include_pad=False),
        }
        return known[name]

    def forward(self, x: Tensor) -> Tensor:
        nodes = [x]
        for ops, froms in zip(self.ops, self.froms, strict=True):
            nodes.append(sum(op(nodes[i]) for op, i in zip(ops, froms, strict=True)))
        return nodes[-1]


class BenchResidual(nn.Module):
    """ResNetBasicblock of the benchmark's code, stride 2."""

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.a = nn.Sequential(nn.ReLU(), nn.Conv2d(i, o, 3, 2, 1, bias=False), nn.BatchNorm2d(o))
        self.b = nn.Sequential(nn.ReLU(), nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o))
        self.skip = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(i, o, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        y = self.b(self.a(x))
        return y + self.skip(x)


def nas_bench_201(notation: str) -> nn.Module:
    """TinyNetwork of the benchmark's code, 10 classes."""
    parts: list[nn.Module] = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)]
    for width in (16, 32, 64):
        if width > 16:
            parts.append(BenchResidual(width // 2, width))
        parts += [BenchCell(notation, width) for _ in range(5)]
    parts += [nn.BatchNorm2d(64), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*parts, nn.Linear(64, 10))


def nas_bench_201_best() -> nn.Module:
    return nas_bench_201(
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|"
        "+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
    )
