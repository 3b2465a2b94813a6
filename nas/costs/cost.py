"""Cost, counted and never run: parameters, MACs, activations, memory, receptive field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from nas.costs.field import fields, last_map, last_step
from nas.costs.memory import peak_inference, saved_for_training
from nas.errors import GenotypeError, shown
from nas.genotype.binding import image as sized
from nas.genotype.expression import Chain, Genotype, Image
from nas.genotype.normal import normal
from nas.graph import Graph, Node
from nas.ops import Input, Op

BYTES = 4  # of a number in float32
OPTIMISER = 3  # weights, gradients, momentum


@dataclass(frozen=True, slots=True)
class Line:
    """One node or stage: its place, what comes out, its own figures, and how far one output pixel
    sees."""

    name: str
    what: str
    shape: tuple[int, ...]  # (channels, height, width) or (channels,)
    params: int
    macs: int
    activations: int  # elements put out by layers with MACs
    field: tuple[int, int]  # receptive field: (height, width) in pixels of the image
    training: bool = False  # of an auxiliary head: not there in use


@dataclass(frozen=True)
class Cost:
    """What a network costs for one image.

    params: learned numbers, auxiliary heads left out. macs: multiply-accumulates of convolutions,
    linear layers and
    matrix products; biases and elementwise work not counted. activations: elements put out by
    those layers.
    """

    params: int
    macs: int
    activations: int
    graph: Graph = field(repr=False, compare=False)

    @cached_property
    def training_params(self) -> int:
        """Learned numbers with the auxiliary heads: what the compiled module holds."""
        return sum(node.total.params for node in self.graph.nodes)

    @cached_property
    def stages(self) -> tuple[Line, ...]:
        """One line for each part of the main chain."""
        flat, seen = self.graph, fields(self.graph)
        used = set(flat.live(with_aux=False))
        groups: dict[str, list[int]] = {}
        for index, node in enumerate(flat.nodes):
            groups.setdefault(node.path[0], []).append(index)
        lines = []
        for name, members in groups.items():
            last = members[-1]
            counts = [flat.nodes[index].total for index in members]
            lines.append(
                Line(
                    name,
                    _what(flat, members),
                    flat.nodes[last].spec.shape,
                    sum(one.params for one in counts),
                    sum(one.macs for one in counts),
                    sum(one.activations for one in counts),
                    seen[last],
                    last not in used,
                )
            )
        return tuple(lines)

    @cached_property
    def nodes(self) -> tuple[Line, ...]:
        """One line for each operation, in order of execution."""
        flat = self.flat
        seen = fields(flat)
        used = set(flat.live(with_aux=False))
        lines = []
        for index, (node, extent) in enumerate(zip(flat.nodes, seen, strict=True)):
            one = node.total
            name = ".".join(node.path)
            lines.append(
                Line(
                    name,
                    _call(flat, node),
                    node.spec.shape,
                    one.params,
                    one.macs,
                    one.activations,
                    extent,
                    index not in used,
                )
            )
        return tuple(lines)

    @cached_property
    def flat(self) -> Graph:
        """The network's operations."""
        return self.graph.flat()

    @property
    def receptive_field(self) -> tuple[int, int]:
        """(height, width) in pixels of the image that one output of the last map or tokens sees,
        before global pooling."""
        return last_map(self.flat)

    def inference_memory(self, batch: int = 1) -> int:
        """An estimate of the peak in bytes, float32: weights and the maps alive at one time."""
        return BYTES * (self.params + batch * peak_inference(self.flat))

    def training_memory(self, batch: int = 1) -> int:
        """An estimate of the peak in bytes, float32: weights, gradients, momentum and what
        backward reads."""
        return BYTES * (OPTIMISER * self.training_params + batch * saved_for_training(self.flat))


def _what(graph: Graph, members: list[int]) -> str:
    labels = [
        item.label if isinstance(item, Graph) else type(item).__name__
        for item in (graph.nodes[index].item for index in members)
    ]
    counted = {label: labels.count(label) for label in labels}
    return ", ".join(label if n == 1 else f"{label} x {n}" for label, n in _first_three(counted))


def _call(flat: Graph, node: Node) -> str:
    """An operation as it is written in code: its layer's constructor, else its expression."""
    item = node.item
    assert isinstance(item, Op)
    if isinstance(item, Input):
        return "image"
    layer = item.layer(*flat.specs(node))
    read = "xyzuvwabcdefgh"[: len(node.inputs)] or "x"
    many = [f"x{i}" for i in range(len(node.inputs))] if len(node.inputs) > len(read) else read
    return str(layer).removeprefix("nn.") if layer else item.code(list(many), "")


def _first_three(counted: dict[str, int]) -> Iterator[tuple[str, int]]:
    for number, (label, n) in enumerate(counted.items()):
        if number == 3:
            yield "...", 1
            return
        yield label, n


def cost(genotype: Genotype, image: tuple[int, int, int] | None = None) -> Cost:
    """What a network costs for one image; a part of one, with the (channels, height, width) it
    reads as `image`.

    Raises GenotypeError where shapes don't fit or choices are left.
    """
    if image is not None:
        genotype = with_image(genotype, image)
    graph = normal(genotype)
    total = graph.total
    return Cost(total.params, total.macs, total.activations, graph)


def stride(genotype: Genotype) -> int:
    """How many pixels of the image, at most, lie between neighbours of a network's widest map:
    the image is that many times its sides.

    Raises GenotypeError as `cost`.
    """
    return last_step(normal(genotype).flat())


def with_image(genotype: Genotype, image: tuple[int, int, int]) -> Genotype:
    """A part of a network on an input of (channels, height, width); GenotypeError where it has
    one, or where that is no such triple."""
    if isinstance(image, str) or len(image) != 3:
        raise GenotypeError(
            "an image is (channels, height, width) in pixels, such as (3, 224, 224), but got "
            f"{shown(image)}"
        )
    parts = genotype.items if isinstance(genotype, Chain) else (genotype,)
    if isinstance(parts[0], Image):
        raise GenotypeError(
            f"the network has an input of its own, {parts[0]}; leave out the image given beside it"
        )
    return Chain((sized(*image), *parts))
