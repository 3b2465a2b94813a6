"""Layers with weights: what each takes of its parent's, and what it then gives."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nas.compiler.morph.channels import same, unchanged, widened
from nas.compiler.morph.known import CLOSE, Known, Seen
from nas.compiler.morph.layers import filtered, listed, wired
from nas.compiler.morph.lineage import conv, named
from nas.graph import Node
from nas.ops import BatchNorm, ClassToken, Conv, Linear, Pair, Positions, ScaledConv
from nas.ops.affine import Affine

if TYPE_CHECKING:
    from nas.compiler.morph.walk import Walk

NORMS = ("running_mean", "running_var", "weight", "bias")


def filters(walk: Walk, index: int, node: Node, before: int) -> Known:
    """A convolution or a linear layer."""
    old = walk.lineage.old
    was = old.nodes[before]
    source, border = walk.lineage.bordered(walk.lineage.new, index)
    wanted, margin = walk.lineage.bordered(old, before)
    value = walk.given(node, 0, wanted, source)
    into, wide = old.nodes[wanted].spec.channels, walk.lineage.new.nodes[source].spec.channels
    counts = [conv(x.item).groups if isinstance(x.item, Conv | ScaledConv) else 1
              for x in (was, node)]  # fmt: skip
    free = counts == [1, 1]
    groups = walk.lineage.groups(index)
    rows = widened(was.spec.channels, node.spec.channels, groups) if free else None
    wiring = wired(
        value.source,
        (into, was.spec.channels, counts[0]),
        (wide, node.spec.channels, counts[1]),
        rows,
    )
    place = named(node.path)
    if wiring.lost:
        walk.lose(f"{place}: {wiring.lost}")
    shift: tuple[int, ...] = ()
    if not isinstance(node.item, Linear):
        shift = (border[0] - margin[0], border[1] - margin[1])
        _window(walk, node, was, shift)
    mine, theirs = walk.mine[f"{place}.weight"], walk.theirs[f"{named(was.path)}.weight"]
    wiring = replace(wiring, weights=wiring.weights / value.scale)
    if isinstance(node.item, ScaledConv):
        _standardised(walk, node, was, value, wiring.rows)
        each = node.spec.channels // len(wiring.columns)
        known = (wiring.columns >= 0).repeat_interleave(each, 0)
        wiring = replace(wiring, weights=known.double())
    mine.copy_(filtered(mine, theirs, wiring, shift))
    _bias(walk, node, was, wiring.rows)
    walk.taken.append(place)
    return Seen(before, wiring.rows)


def _window(walk: Walk, node: Node, was: Node, shift: tuple[int, ...]) -> None:
    """See that each output pixel still reads what the parent's read."""
    new, old = conv(node.item), conv(was.item)
    place = named(node.path)
    if (new.stride, new.dilation) != (old.stride, old.dilation):
        walk.lose(f"{place}: stride or dilation is another")
    elif node.spec.size != was.spec.size:
        walk.lose(f"{place}: gives a map of {node.spec}, the parent's was {was.spec}")
    sides = zip(new.kernel, old.kernel, shift, strict=True)
    if not all(0 <= by <= now - then for now, then, by in sides):
        walk.lose(f"{place}: a {_sides(old.kernel)} kernel has no room in {_sides(new.kernel)}")


def _bias(walk: Walk, node: Node, was: Node, rows: Tensor) -> None:
    mine = walk.mine.get(f"{named(node.path)}.bias")
    theirs = walk.theirs.get(f"{named(was.path)}.bias")
    if mine is not None and theirs is not None:
        mine.copy_(listed(mine, theirs, rows))
    elif mine is not None:
        mine[rows >= 0] = 0
    elif theirs is not None:
        walk.lose(f"{named(node.path)}: the parent's bias has no place")


def _standardised(walk: Walk, node: Node, was: Node, value: Seen, rows: Tensor) -> None:
    """The gains of standardised filters, which each copy of an input makes larger."""
    place, old = named(node.path), named(was.path)
    copies = _copies(value, walk.lineage.old.nodes[value.like].spec.channels)
    kernel = conv(node.item).kernel == conv(was.item).kernel
    if not (copies and kernel and conv(node.item).groups == conv(was.item).groups):
        walk.lose(f"{place}: standardised filters can't be enlarged without changing them")
    factors = [x.item.factor for x in (was, node) if isinstance(x.item, ScaledConv)]
    gain = factors[0] / factors[1] / math.sqrt(copies or 1) / value.scale
    mine = walk.mine[f"{place}.gain"]
    mine.copy_(listed(mine, walk.theirs[f"{old}.gain"] * gain, rows))


def queries(walk: Walk, index: int, node: Node, before: int) -> Known:
    """Queries, keys and values by one matrix: wider inputs only."""
    was = walk.lineage.old.nodes[before]
    value = walk.given(node, 0, was.inputs[0])
    if node.spec.channels != was.spec.channels or node.item != was.item:
        return others(walk, index, node, before)
    channels = walk.lineage.old.nodes[value.like].spec.channels
    rows = torch.arange(node.spec.channels)
    wiring = wired(value.source, (channels, len(rows), 1), (len(value.source), len(rows), 1), rows)
    if wiring.lost:
        walk.lose(f"{named(node.path)}: {wiring.lost}")
    wiring = replace(wiring, weights=wiring.weights / value.scale)
    place, old = named(node.path), named(was.path)
    for key, mine, theirs in walk.tensors(place, old):
        new = filtered(mine, theirs, wiring, ()) if key == "weight" else theirs
        mine.copy_(new)
    walk.taken.append(place)
    return Seen(before, rows)


def norm(walk: Walk, index: int, node: Node, before: int) -> Known:
    """Batch norm: a number a channel, and the statistics of what it reads."""
    was = walk.lineage.old.nodes[before]
    value = walk.given(node, 0, was.inputs[0])
    place, old = named(node.path), named(was.path)
    assert isinstance(node.item, BatchNorm)
    assert isinstance(was.item, BatchNorm)
    theirs = {name: walk.theirs[f"{old}.{name}"] for name in NORMS}
    theirs["running_mean"] = theirs["running_mean"] * value.scale
    spread = (theirs["running_var"] + was.item.eps) * value.scale**2 - node.item.eps
    theirs["running_var"] = spread.clamp(min=0)
    for name, new in theirs.items():
        mine = walk.mine[f"{place}.{name}"]
        mine.copy_(listed(mine, new, value.source))
    counter = "num_batches_tracked"
    walk.mine[f"{place}.{counter}"].copy_(walk.theirs[f"{old}.{counter}"])
    walk.taken.append(place)
    return Seen(before, value.source)


def across(walk: Walk, index: int, node: Node, before: int) -> Known:
    """Layer norm, whose mean and variance are those of all channels together."""
    was = walk.lineage.old.nodes[before]
    value = walk.given(node, 0, was.inputs[0])
    channels = was.spec.channels
    if not _copies(value, channels) or abs(value.scale - 1) > CLOSE:
        walk.lose(f"{named(node.path)}: the mean over {node.spec.channels} channels isn't that "
                  f"of the parent's {channels}; only whole multiples keep it")  # fmt: skip
    walk.settings(node, before)
    return _listed(walk, node, was, value, before)


def channelwise(walk: Walk, index: int, node: Node, before: int) -> Known:
    """A learned number a channel, or one for all."""
    was = walk.lineage.old.nodes[before]
    value = walk.given(node, 0, was.inputs[0])
    scale = value.scale
    made = _listed(walk, node, was, value, before)
    if isinstance(node.item, Affine):
        walk.mine[f"{named(node.path)}.weight"].div_(scale)
        scale = 1.0
    elif isinstance(node.item, ClassToken | Positions) and scale != 1:
        walk.lose(f"{named(node.path)}: what it adds is for another scale")
    return replace(made, scale=scale)


def _listed(walk: Walk, node: Node, was: Node, value: Seen, before: int) -> Seen:
    place = named(node.path)
    for _, mine, theirs in walk.tensors(place, named(was.path)):
        dim = _channels_at(mine, node.spec.channels)
        if mine.ndim != theirs.ndim or _without(mine, dim) != _without(theirs, dim):
            walk.lose(f"{place}: made for another size")
            continue
        one = mine.numel() == theirs.numel() == 1  # for all channels
        mine.copy_(theirs if one else listed(mine, theirs, value.source, dim))
    walk.taken.append(place)
    return Seen(before, value.source)


def others(walk: Walk, index: int, node: Node, before: int) -> Known:
    """The tensors that fit as they are."""
    was = walk.lineage.old.nodes[before]
    place = named(node.path)
    for _, mine, theirs in walk.tensors(place, named(was.path)):
        if mine.shape == theirs.shape:
            mine.copy_(theirs)
            walk.taken.append(place)
        else:
            walk.lose(f"{place}: made for another size")
    walk.taken = list(dict.fromkeys(walk.taken))
    return Seen(before, widened(was.spec.channels, node.spec.channels))


def fixed(walk: Walk, index: int, node: Node, before: int) -> Known:
    """What takes all channels together, without or with weights: only as it was."""
    was = walk.lineage.old.nodes[before]
    value = walk.given(node, 0, was.inputs[0])
    plain = unchanged(value.source, len(value.source)) and abs(value.scale - 1) <= CLOSE
    if not plain or node.item != was.item or node.spec != was.spec:
        walk.lose(f"{named(node.path)}: works on just the parent's channels")
    return others(walk, index, node, before)


def _copies(value: Seen, channels: int) -> int:
    """How often each of the parent's channels is there, 0 where that differs."""
    if (value.source < 0).any():
        return 0
    counts = torch.bincount(value.source, minlength=channels)
    return int(counts[0]) if same(counts, counts[:1].expand_as(counts)) else 0


def _channels_at(tensor: Tensor, channels: int) -> int:
    """The dimension of a tensor that is the channels: the last of them, else the first."""
    found = [dim for dim, size in enumerate(tensor.shape) if size == channels]
    return found[-1] if found else 0


def _without(tensor: Tensor, dim: int) -> list[int]:
    return [size for each, size in enumerate(tensor.shape) if each != dim]


def _sides(kernel: Pair) -> str:
    return f"{kernel[0]}x{kernel[1]}"
