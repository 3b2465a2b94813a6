"""Where an implementation runs layers in another order than ours: its order, put into ours."""

from collections.abc import Callable
from itertools import groupby


def cells(names: list[str]) -> list[str]:
    """timm's NASNet and PNASNet: in each cell ours begins with the input's 1x1."""
    ordered: list[str] = []
    for _, group in groupby(names, lambda name: name.partition(".")[0]):
        ordered += sorted(group, key=lambda name: ".conv_1x1." not in name)
    return ordered


def nasnet(names: list[str]) -> list[str]:
    """As `cells`; of a reduction's sums ours makes the first as a part of the fourth."""
    ordered: list[str] = []
    for cell, group in groupby(cells(names), lambda name: name.partition(".")[0]):
        part = list(group)
        if "stem" in cell or "reduction" in cell:
            late = [name for name in part if ".comb_iter_0" in name]
            last = [name for name in part if ".comb_iter_4" in name]
            part = [name for name in part if name not in {*late, *last}] + late + last
        ordered += part
    return ordered


def late(part: str, depth: int) -> Callable[[list[str]], list[str]]:
    """Within each block (the first `depth` steps of a name), layers of that part come last:
    torchvision's RegNet, timm's legacy SENet and pytorchcv's ResNet project shortcuts earlier."""

    def order(names: list[str]) -> list[str]:
        ordered: list[str] = []
        for _, group in groupby(names, lambda name: name.split(".")[:depth]):
            ordered += sorted(group, key=lambda name: f".{part}." in name)
        return ordered

    return order


def skip_gains(names: list[str]) -> list[str]:
    """timm's NFNet holds SkipInit's gain in the block, ours in a layer that ends the block."""
    inside = {name: [n for n in names if n.startswith(f"{name}.")] for name in names}
    ordered = list(names)
    for block, parts in inside.items():
        if parts:
            ordered.remove(block)
            ordered.insert(ordered.index(parts[-1]) + 1, block)
    return ordered
