"""Operations that the parent hasn't, made to change nothing where that can be.

A convolution becomes the identity, a norm undoes what it does, the last layer of a residual branch
gives zero, a squeeze's gate one constant that what reads it makes up for; an activation changes
nothing where its input is never negative. Source: Net2DeeperNet, arXiv:1511.05641, section 2.2;
zeros at the end of a branch, arXiv:1706.02677, section 5.1.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from nas.compiler.morph.channels import widened
from nas.compiler.morph.known import Known, New, Seen, Silent
from nas.compiler.morph.lineage import WEIGHED, conv, named
from nas.graph import Node
from nas.ops import (
    Activate,
    Add,
    AddScaled,
    BatchNorm,
    Concat,
    Conv,
    Linear,
    Multiply,
    Scale,
)
from nas.ops.affine import Affine

if TYPE_CHECKING:
    from nas.compiler.morph.walk import Walk

# activations that leave what is not negative as it is
HARMLESS = {"relu", "leaky_relu", "prelu", "elu"}
# where a gate begins: its argument and its value, neither so far out that it could not move
GATES = {"sigmoid": (2.0, 1 / (1 + math.exp(-2.0))), "hardsigmoid": (2.999999, 1.0)}


def silenced(walk: Walk, node: Node) -> Known:
    """The last layer of a new residual branch, giving zero."""
    place = named(node.path)
    gain = next((n for n in ("gain", "gamma") if f"{place}.{n}" in walk.mine), "weight")
    for name in (gain, "bias"):
        if f"{place}.{name}" in walk.mine:
            walk.mine[f"{place}.{name}"].zero_()
    walk.made.append(place)
    return Silent()


def value(walk: Walk, index: int, node: Node) -> Known:
    """What a new operation gives: what it reads wherever possible."""
    reads = [walk.known[i] for i in node.inputs]
    if isinstance(node.item, Conv | Linear):
        reads = [walk.known[walk.lineage.bordered(walk.lineage.new, index)[0]]]
    silent = [isinstance(each, Silent) for each in reads]
    if node.item.gives_zero or (any(silent) and isinstance(node.item, Multiply)):
        return Silent()
    if all(silent) and node.item.keeps_zero and not node.total.params:
        return Silent()
    made = _same(walk, index, node, reads)
    if made is not None:
        return made
    causes = [each.reason for each in reads if isinstance(each, New) and each.reason]
    what = f"a new {node.item.kind}" if isinstance(node.item, Activate) else "what is new"
    return New(next(iter(causes), f"{named(node.path)}: {what} can't leave all as it was"))


def _same(walk: Walk, index: int, node: Node, reads: list[Known]) -> Known | None:
    """The input as it was, None where the operation changes it."""
    seen = [each for each in reads if isinstance(each, Seen)]
    if not seen:
        return None
    first = seen[0]
    match node.item:
        case Add() | AddScaled():
            rest = [each for each in reads if not isinstance(each, Silent)]
            alone = isinstance(node.item, Add) or isinstance(reads[0], Seen)
            return first if len(rest) == 1 and alone else None
        case Concat() if len(seen) == 1:
            sizes = [walk.lineage.new.nodes[i].spec.channels for i in node.inputs]
            pieces = [
                each.source if isinstance(each, Seen) else torch.full((size,), -1)
                for each, size in zip(reads, sizes, strict=True)
            ]
            return replace(first, source=torch.cat(pieces), low=-math.inf)
        case Multiply():
            return _gated(walk, node, reads)
        case Activate(kind=kind):
            harmless = kind in HARMLESS or (kind == "relu6" and first.high <= 6)
            return first if harmless and first.low >= 0 else None
        case Scale(factor=factor) if factor > 0:
            low, high = first.low * factor, first.high * factor
            return replace(first, scale=first.scale * factor, low=low, high=high)
        case BatchNorm(eps=eps):
            place = named(node.path)
            walk.mine[f"{place}.weight"].fill_(math.sqrt(1 + eps))
            walk.made.append(place)
            walk.undone.append(place)
            return first
        case Affine():
            return first
        case Conv() | Linear():
            return _identity(walk, index, node, first)
    return None


def _identity(walk: Walk, index: int, node: Node, value: Seen) -> Seen | None:
    """A layer whose outputs are its inputs, some of them more than once."""
    source, border = walk.lineage.bordered(walk.lineage.new, index)
    spec = walk.lineage.new.nodes[source].spec
    into, out = spec.channels, node.spec.channels
    taps: tuple[int, ...] = ()
    depthwise = False
    if isinstance(node.item, Conv):
        own = conv(node.item)
        depthwise = own.groups == into == out
        sides = list(zip(border, own.dilation, own.kernel, strict=True))
        centred = all(not b % d and b // d < k for b, d, k in sides)
        if own.stride != (1, 1) or spec.size != node.spec.size or not centred:
            return None
        if own.groups > 1 and not depthwise:
            return None
        taps = tuple(b // d for b, d, _ in sides)
    if out < into:
        return None
    rows = widened(into, out)
    place = named(node.path)
    weight = walk.mine[f"{place}.weight"].zero_()
    for row, column in enumerate(rows.tolist()):
        weight[row, 0 if depthwise else column][taps] = 1
    if f"{place}.bias" in walk.mine:
        walk.mine[f"{place}.bias"].zero_()
    walk.made.append(place)
    return replace(value, source=value.source[rows])


def _gated(walk: Walk, node: Node, reads: list[Known]) -> Seen | None:
    """What a new gate weighs: its last layer gives one constant for every image."""
    new = walk.lineage.new
    gates = [i for i, each in zip(node.inputs, reads, strict=True) if isinstance(each, New)]
    weighed = [each for each in reads if isinstance(each, Seen)]
    if len(gates) != 1 or len(weighed) != 1:
        return None
    gate = new.nodes[walk.lineage.behind(new, gates[0])]
    if not isinstance(gate.item, Activate) or gate.item.kind not in GATES:
        return None
    argument, constant = GATES[gate.item.kind]
    last = walk.lineage.behind(new, gate.inputs[0])
    place = named(new.nodes[last].path)
    fresh = isinstance(new.nodes[last].item, WEIGHED) and walk.lineage.placed(last) is None
    if not fresh or f"{place}.bias" not in walk.mine:
        return None
    walk.mine[f"{place}.weight"].zero_()
    walk.mine[f"{place}.bias"].fill_(argument)
    walk.made.append(place)
    value = weighed[0]
    return replace(
        value,
        scale=value.scale * constant,
        low=value.low * constant,
        high=value.high * constant,
    )
