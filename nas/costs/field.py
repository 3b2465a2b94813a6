"""Receptive field: how much of the image one output pixel sees."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import TypeAlias

from nas.graph import Graph
from nas.ops import GlobalPool, Input, Multiply
from nas.ops._base import Steps

Grid: TypeAlias = tuple[Steps, Steps]


def fields(graph: Graph) -> list[tuple[int, int]]:
    """(height, width) in pixels of the image, for each node.

    A gate (squeeze-and-excitation) sees the whole map but only weighs it; it doesn't count.
    """
    return [(ceil(extent[0]), ceil(extent[1])) for extent, _ in _grids(graph, ((1, 1), (1, 1)))]


def last_map(graph: Graph) -> tuple[int, int]:
    """(height, width) in pixels of the image that one output of the last map sees.

    `graph` is of operations. What a global pooling gave is no map, and auxiliary heads don't count.
    """
    extents, widest = fields(graph), (1, 1)
    for index in _maps(graph):
        widest = max(widest, extents[index])
    return widest


def last_step(graph: Graph) -> int:
    """How many pixels of the image, at most, lie between neighbours of the last map.

    `graph` as for `last_map`.
    """
    steps = [step for _, step in _grids(graph, ((1, 1), (1, 1)))]
    return ceil(max((max(steps[index]) for index in _maps(graph)), default=1))


def _maps(graph: Graph) -> Iterator[int]:
    """The nodes that are maps or tokens of a network in use, before anything is pooled over all."""
    pooled: set[int] = set()
    for index in graph.live(with_aux=False):
        node = graph.nodes[index]
        gate = isinstance(node.item, Multiply)
        over = all(i in pooled for i in node.inputs) if gate else pooled.intersection(node.inputs)
        if isinstance(node.item, GlobalPool) or not node.spec.size or (index and over):
            pooled.add(index)
        elif index:
            yield index


def _grids(graph: Graph, start: Grid) -> list[Grid]:
    """For each node (extent, step): what a pixel sees, and how far apart neighbours lie, in
    pixels of the image; upsampled ones lie less than a pixel of their input apart."""
    grids: list[Grid] = []
    for node in graph.nodes:
        if isinstance(node.item, Input):
            grids.append(start)
            continue
        before = [grids[i] for i in node.inputs]
        if isinstance(node.item, Multiply):
            specs = graph.specs(node)
            widest = max(range(len(specs)), key=lambda i: specs[i].elements)
            grids.append(before[widest])
            continue
        extent = tuple(max(grid[0][axis] for grid in before) for axis in (0, 1))
        step = tuple(max(grid[1][axis] for grid in before) for axis in (0, 1))
        if isinstance(node.item, Graph):
            inner = _grids(node.item, ((extent[0], extent[1]), (step[0], step[1])))
            grids.append(inner[node.item.output])
            continue
        window, stride = node.item.window(graph.nodes[node.inputs[0]].spec)
        extent = tuple(e + (w - 1) * s for e, w, s in zip(extent, window, step, strict=True))
        step = tuple(s * by for s, by in zip(step, stride, strict=True))
        grids.append(((extent[0], extent[1]), (step[0], step[1])))
    return grids
