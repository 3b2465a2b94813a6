"""Where an implementation runs layers in another order than ours: its order, put into ours."""

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


def projection_last(names: list[str]) -> list[str]:
    """torchvision's RegNet projects a block's shortcut before its body."""
    ordered: list[str] = []
    for _, group in groupby(names, lambda name: name.split(".")[:3]):
        ordered += sorted(group, key=lambda name: ".proj." in name)
    return ordered


def downsample_last(names: list[str]) -> list[str]:
    """timm's legacy SENet projects a block's shortcut before it squeezes the body's output."""
    ordered: list[str] = []
    for _, group in groupby(names, lambda name: name.split(".")[:2]):
        ordered += sorted(group, key=lambda name: ".downsample." in name)
    return ordered


def skip_gains(names: list[str]) -> list[str]:
    """timm's NFNet holds SkipInit's gain in the block, ours in a layer that ends the block."""
    inside = {name: [n for n in names if n.startswith(f"{name}.")] for name in names}
    ordered = list(names)
    for block, parts in inside.items():
        if parts:
            ordered.remove(block)
            ordered.insert(ordered.index(parts[-1]) + 1, block)
    return ordered
