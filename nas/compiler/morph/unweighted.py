"""Operations without weights: what they make of the parent's values."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nas.compiler.morph.channels import covers, same, unchanged, widened
from nas.compiler.morph.known import CLOSE, Known, New, Seen, Silent
from nas.compiler.morph.lineage import named
from nas.graph import Graph, Node
from nas.ops import Activate, AddScaled, Flatten, Op, Pool, Scale, SpaceToDepth
from nas.ops.channels import PadChannels, Shuffle, Slice
from nas.ops.upsample import Upsample

if TYPE_CHECKING:
    from nas.compiler.morph.walk import Walk

# the ranges of activations; others' are not needed
RANGES = {
    "relu": (0.0, math.inf),
    "relu6": (0.0, 6.0),
    "sigmoid": (0.0, 1.0),
    "hardsigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
}
# activations through which a scale above zero passes
EVEN = {"relu", "leaky_relu", "prelu"}
EMPTY = -2  # a channel of zeros, in `_moved`


def alike(walk: Walk, index: int, node: Node, before: int) -> Known:
    """Channel by channel."""
    was = walk.lineage.old.nodes[before]
    value = walk.given(node, 0, was.inputs[0])
    if isinstance(node.item, Scale) and isinstance(was.item, Scale):
        return Seen(before, value.source, value.scale * node.item.factor / was.item.factor)
    walk.settings(node, before)
    if node.spec.size != was.spec.size and isinstance(node.item, Pool | Upsample):
        walk.lose(f"{named(node.path)}: gives a map of {node.spec}, not {was.spec}")
    return replace(value, like=before)


def padded(walk: Walk, index: int, node: Node, before: int) -> Known:
    """A border; a convolution looks behind it, all else needs just the parent's."""
    value, was = walk.known[node.inputs[0]], walk.lineage.old.nodes[before]
    (wanted,) = walk.lineage.reads(walk.lineage.old, before)
    if isinstance(value, Seen) and value.like == wanted:
        if node.item == was.item:
            return replace(value, like=before, low=-math.inf)
        return New(f"{named(node.path)}: a border of {node.item}, the parent's {was.item}")
    return New(value.reason if isinstance(value, New) else "")


def activated(walk: Walk, index: int, node: Node, before: int) -> Known:
    """An activation, which may have a slope."""
    was = walk.lineage.old.nodes[before]
    value = walk.given(node, 0, was.inputs[0])
    walk.settings(node, before)
    assert isinstance(node.item, Activate)
    kind, scale = node.item.kind, value.scale
    if kind not in EVEN and abs(scale - 1) > CLOSE:
        walk.lose(f"{named(node.path)}: {kind} of a multiple is no multiple")
        scale = 1.0
    if kind == "softmax" and not unchanged(value.source, was.spec.channels):
        walk.lose(f"{named(node.path)}: softmax over other channels")
    for _, mine, theirs in walk.tensors(named(node.path), named(was.path)):  # PReLU's slope
        mine.copy_(theirs)
        walk.taken.append(named(node.path))
    low, high = RANGES.get(kind, (-math.inf, math.inf))
    return Seen(before, value.source, scale, low * scale, high * scale)


def summed(walk: Walk, index: int, node: Node, before: int) -> Known:
    """A sum of the parent's terms, and of zeros."""
    old = walk.lineage.old
    left = list(walk.lineage.reads(old, before))
    terms, others = [], []
    for each, i in enumerate(node.inputs):
        value = walk.known[i]
        if isinstance(value, Seen) and value.like in left:
            left.remove(value.like)
            terms.append(value)
        elif not isinstance(value, Silent):
            others.append(each)
    for each, wanted in zip(others, left, strict=False):
        terms.append(walk.given(node, each, wanted))
    if len(others) != len(left):
        walk.lose(f"{named(node.path)}: terms were added to or taken out of the sum")
    walk.settings(node, before)
    first = terms[0] if terms else walk.given(node, 0, old.nodes[before].inputs[0])
    for one, other in pairwise(terms):
        if not same(one.source, other.source):
            walk.lose(f"{named(node.path)}: its terms were widened differently")
        elif abs(one.scale / other.scale - 1) > CLOSE:
            walk.lose(f"{named(node.path)}: its terms were scaled differently")
    if isinstance(node.item, AddScaled):
        return Seen(before, first.source, first.scale)
    low, high = sum(term.low for term in terms), sum(term.high for term in terms)
    return Seen(before, first.source, first.scale, low, high)


def multiplied(walk: Walk, index: int, node: Node, before: int) -> Known:
    """A product: a gate and what it weighs."""
    old = walk.lineage.old
    left = list(walk.lineage.reads(old, before))
    terms: list[Seen | None] = []
    for i in node.inputs:
        value = walk.known[i]
        fits = isinstance(value, Seen) and value.like in left
        terms.append(value if fits and isinstance(value, Seen) else None)
        if isinstance(value, Seen) and fits:
            left.remove(value.like)
    both = [
        walk.given(node, each, left.pop(0)) if term is None else term
        for each, term in enumerate(terms)
    ]
    if not same(both[0].source, both[1].source):
        walk.lose(f"{named(node.path)}: its factors were widened differently")
    low = 0.0 if min(each.low for each in both) >= 0 else -math.inf
    return Seen(before, both[0].source, both[0].scale * both[1].scale, low)


def joined(walk: Walk, index: int, node: Node, before: int) -> Known:
    """Channels one after another: the parent's by what they are, others as new ones."""
    old, new = walk.lineage.old, walk.lineage.new
    reads = walk.lineage.reads(old, before)
    starts, total = [], 0
    for each in reads:
        starts.append(total)
        total += old.nodes[each].spec.channels
    # the same value at the same number where there are several, else at the first
    left = dict(enumerate(reads))
    at: list[int | None] = []
    for i in node.inputs:
        value = walk.known[i]
        found = [k for k, like in left.items() if isinstance(value, Seen) and like == value.like]
        at.append(found[0] if found else None)
        if found:
            del left[found[0]]
    if len(node.inputs) == len(reads):  # one for one: what isn't the parent's stands for it
        at = [left.popitem()[0] if k is None and len(left) == 1 else k for k in at]
    pieces, values = [], []
    for each, (i, where) in enumerate(zip(node.inputs, at, strict=True)):
        if where is None:
            pieces.append(torch.full((new.nodes[i].spec.channels,), -1))
            continue
        value = walk.given(node, each, reads[where])
        values.append(value)
        pieces.append(torch.where(value.source >= 0, value.source + starts[where], -1))
    if any(abs(value.scale - 1) > CLOSE for value in values):
        walk.lose(f"{named(node.path)}: its parts were scaled differently")
    whole = len(values) == len(node.inputs)
    low = min((value.low for value in values), default=-math.inf) if whole else -math.inf
    return Seen(before, torch.cat(pieces), low=low)


def moved(walk: Walk, index: int, node: Node, before: int) -> Known:
    """Channels that are picked or put elsewhere: found by moving their numbers."""
    was = walk.lineage.old.nodes[before]
    value = walk.given(node, 0, was.inputs[0])
    channels = walk.lineage.old.nodes[value.like].spec.channels
    pixels, origin = _pixels(walk.lineage.new, node), _pixels(walk.lineage.old, was)
    now = _moved(node.item, value.source, pixels, channels, node.spec.channels)
    then = _moved(was.item, torch.arange(channels), origin, channels, was.spec.channels)
    at = {number: place for place, number in enumerate(then.tolist()) if number >= 0}
    zeros = (then == EMPTY).nonzero().flatten().tolist()
    places, blank = [], 0
    for number in now.tolist():
        if number == EMPTY:
            places.append(zeros[blank % len(zeros)] if zeros else -1)
            blank += 1
        else:
            places.append(at.get(number, -1))
    source = torch.tensor(places)
    if pixels != origin or not covers(source, was.spec.channels):
        walk.lose(f"{named(node.path)}: other channels are moved than in the parent")
        source = widened(was.spec.channels, node.spec.channels)
    return Seen(before, source, value.scale)


def zero(walk: Walk, index: int, node: Node, before: int) -> Known:
    """Zeros, as the parent's."""
    channels = walk.lineage.old.nodes[before].spec.channels
    return Seen(before, widened(channels, node.spec.channels))


def _moved(item: Op | Graph, source: Tensor, pixels: int, read: int, out: int) -> Tensor:
    """The numbers of the channels where an operation puts them. It reads channels of so many
    `pixels`, numbered below `read`, and gives `out` of them."""
    if isinstance(item, Flatten):
        apart = source[:, None] * pixels + torch.arange(pixels)
        return torch.where(source[:, None] >= 0, apart, -1).flatten()
    if isinstance(item, SpaceToDepth):
        return torch.cat([torch.where(source >= 0, source + k * read, -1) for k in range(4)])
    if isinstance(item, Shuffle):
        return source.view(item.groups, -1).t().flatten()
    if isinstance(item, Slice):
        return source[item.start : item.stop]
    assert isinstance(item, PadChannels)
    return torch.cat([source, torch.full((out - len(source),), EMPTY)])


def _pixels(graph: Graph, node: Node) -> int:
    """Of one channel that a node reads."""
    spec = graph.nodes[node.inputs[0]].spec
    return spec.elements // spec.channels
