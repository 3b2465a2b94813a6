"""What each layer of a candidate takes of the shared weights: which tensor, and how much of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import nn

from nas.genotype.expression import Genotype
from nas.genotype.normal import normal
from nas.genotype.recording import graph
from nas.graph import Graph, Node, Path
from nas.ops import Add, AddScaled, BatchNorm, Flatten, Layer, LayerNorm
from nas.ops.fresh import fresh
from nas.ops.layers import QueryKeyValue
from nas.supernet.layout import Layout, layouts
from nas.supernet.places import origins

RESIDUAL = "residual"  # a step in the place of what a norm holds in a block that adds its input


@dataclass(frozen=True, slots=True)
class Axis:
    """How much of one side of a tensor is taken.

    Of channels the first of each part; of a kernel (`centred`) the middle; a `fixed` side is never
    cut, so that tensors that differ in one don't share.
    """

    parts: Layout
    centred: bool = False
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """A tensor of a candidate: its name there, the place of the shared one, and what it takes."""

    name: str
    place: Path
    axes: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A layer of a candidate and the slices that make its tensors, by their names in the layer."""

    layer: Layer
    slices: tuple[tuple[str, Slice], ...]

    @property
    def weights(self) -> int:
        """The numbers it takes."""
        count = 0
        for _, each in self.slices:
            product = 1
            for axis in each.axes:
                product *= sum(axis.parts)
            count += product
        return count


def parts(space: Genotype, candidate: Genotype, *, dead: bool = False) -> Iterator[Part]:
    """Every layer of a candidate that holds parameters, in order; also those of `dead` parts, which
    no result depends on, where that is asked.

    A block whose input is added to what it makes of it and the same block without that share all
    but the norms, as networks of several widths do (switchable batch normalization,
    arXiv:1812.08928): a residual and a whole answer differ in scale, and only one may begin at
    zero.

    Raises SpaceError where it is none of the space's, GenotypeError where it can't be built.
    """
    found, flat = origins(space, candidate), (graph if dead else normal)(candidate).flat()
    laid = layouts(flat)
    adding = {_block(found, n.path) for n in flat.nodes if isinstance(n.item, Add | AddScaled)}
    adding.discard(None)
    for index, node in enumerate(flat.nodes[1:], 1):
        layer = node.item.layer(*flat.specs(node)) if node.total.params else None  # type: ignore[union-attr]
        if layer is not None:
            inputs = laid[node.inputs[0]]
            place = _origin(found, node.path)
            if isinstance(node.item, BatchNorm | LayerNorm) and _block(found, node.path) in adding:
                place = (*place, RESIDUAL)
            slices = _slices(node, layer, inputs, laid[index], place)
            yield Part(layer, tuple(_spread(flat, node, slices)))


def twin(place: Path) -> Path:
    """The place of the same tensor in the same block that adds its input, or that doesn't."""
    *before, step, name = place
    return (*before, name) if step == RESIDUAL else (*before, step, RESIDUAL, name)


def _block(found: dict[Path, Path], path: Path) -> Path | None:
    """The path of the innermost block around a node; None where it stands in none."""
    starts = (path[:length] for length in range(len(path), -1, -1))
    return next((start for start in starts if start in found), None)


def _origin(found: dict[Path, Path], path: Path) -> Path:
    """The place in the space of a path in the candidate: its block's, and the rest of the path."""
    block = _block(found, path)
    if block is None:
        return path  # an auxiliary head lies at a place of its own
    return found[block] + path[len(block) :]


def _slices(
    node: Node, layer: Layer, inputs: Layout, out: Layout, place: Path
) -> Iterator[tuple[str, Slice]]:
    """What each of a layer's tensors takes; sides that can't be cut are in the place's name."""
    for name, shape in _shapes(layer):
        axes = _axes(layer, name, shape, inputs, out)
        *inside, last = name.split(".")
        fixed = [str(sum(axis.parts)) for axis in axes if axis.fixed and sum(axis.parts) > 1]
        full = (*place, *inside, "_".join([*fixed, last]))
        yield name, Slice(".".join([*node.path, name]), full, axes)


@lru_cache(maxsize=1 << 12)
def _shapes(layer: Layer) -> tuple[tuple[str, tuple[int, ...]], ...]:
    module = fresh(layer, torch.device("meta"))
    return tuple((name, tuple(each.shape)) for name, each in module.named_parameters())


@lru_cache(maxsize=1 << 14)
def _axes(
    layer: Layer, name: str, shape: tuple[int, ...], inputs: Layout, out: Layout
) -> tuple[Axis, ...]:
    """How each side of a layer's tensor may be cut; a layer that isn't known here isn't cut but
    where a side is as long as there are channels."""
    module = fresh(layer, torch.device("meta"))
    if isinstance(module, nn.Conv2d) and name == "weight":
        each = inputs if module.groups == 1 else (shape[1],)
        sides = (Axis((side,), centred=True) for side in shape[2:])
        return (Axis(out), Axis(each), *sides)
    if isinstance(module, nn.Linear | QueryKeyValue) and name == "weight":
        return (Axis(out), Axis(inputs))
    if isinstance(module, QueryKeyValue):
        return (Axis(shape),)
    axes = [Axis((side,), fixed=True) for side in shape]
    for index in reversed(range(len(shape))):
        if shape[index] == sum(out):
            axes[index] = Axis(out)
            break
    return tuple(axes)


def _spread(
    flat: Graph, node: Node, slices: Iterator[tuple[str, Slice]]
) -> Iterator[tuple[str, Slice]]:
    """The slices; of a matrix that reads a flattened map, each pixel's columns are its own, so
    maps of other sizes have another."""
    before = flat.nodes[node.inputs[0]]
    while not before.spec.size and not before.total.params and before.inputs:
        if isinstance(before.item, Flatten):
            size = flat.specs(before)[0].size
            break
        before = flat.nodes[before.inputs[0]]
    else:
        size = ()
    for name, each in slices:
        if len(each.axes) == 2 and max(size, default=1) > 1:
            last = f"{'x'.join(map(str, size))}_{each.place[-1]}"
            each = replace(each, place=(*each.place[:-1], last))
        yield name, each
