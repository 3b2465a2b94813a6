"""How the channels of a value are laid out: in parts, each of which may be narrower or wider.

What reads a concatenation of branches reads a part of each. In a candidate whose first branch is
narrow the second's channels begin earlier, but belong to the same weights: so a slice is taken
part by part.
"""

from __future__ import annotations

from typing import TypeAlias

from nas.graph import Graph, Node
from nas.ops import (
    Add,
    AddScaled,
    Attend,
    Concat,
    Conv,
    Flatten,
    Linear,
    Multiply,
    QueryKeyValue,
    SpaceToDepth,
)
from nas.ops.channels import PadChannels, Shuffle, Slice

Layout: TypeAlias = tuple[int, ...]  # channels of each part, in order


def layouts(flat: Graph) -> list[Layout]:
    """The parts of each node's output channels, for a graph whose nodes are operations."""
    readers: dict[int, list[Node]] = {}
    for node in flat.nodes:
        for index in node.inputs:
            readers.setdefault(index, []).append(node)
    found: list[Layout] = []
    for index, node in enumerate(flat.nodes):
        inputs = [found[i] for i in node.inputs]
        found.append(_of(node, inputs, flat, readers.get(index, [])))
        assert sum(found[-1]) == node.spec.channels, node
    return found


def _of(node: Node, inputs: list[Layout], flat: Graph, readers: list[Node]) -> Layout:
    whole = (node.spec.channels,)
    match node.item:
        case Concat():
            return tuple(part for each in inputs for part in each)
        case Multiply():
            sizes = [spec.elements for spec in flat.specs(node)]
            return inputs[sizes.index(max(sizes))]
        case Conv(groups=groups, out=out) if groups == out == sum(inputs[0]) > 1:
            return inputs[0]  # each channel is filtered by itself
        case Flatten():
            (spec,) = flat.specs(node)
            return tuple(part * (spec.elements // spec.channels) for part in inputs[0])
        case SpaceToDepth():
            return inputs[0] * 4
        case PadChannels(more=more):
            return (*inputs[0], more)
        case Slice(start=start, stop=stop):
            return _cut(inputs[0], start, stop)
        case Linear() | QueryKeyValue():
            return _attended(node, readers) or whole
        case Add() | AddScaled() | Shuffle() | Conv():
            return whole
    kept = inputs and sum(inputs[0]) == node.spec.channels
    return inputs[0] if kept else whole


def _cut(layout: Layout, start: int, stop: int) -> Layout:
    """What is left of each part between two channels."""
    left, at = [], 0
    for part in layout:
        kept = min(at + part, stop) - max(at, start)
        if kept > 0:
            left.append(kept)
        at += part
    return tuple(left)


def _attended(node: Node, readers: list[Node]) -> Layout | None:
    """Queries, keys and values, as the attention that reads them takes them apart."""
    for reader in readers:
        if isinstance(reader.item, Attend):
            third = node.spec.channels // 3
            if reader.item.interleaved:
                return (third // reader.item.heads,) * 3 * reader.item.heads
            return (third,) * 3
    return None
