"""Where the blocks of a network stand: what each reads, whether it halves the map, what it puts
out. Of a search space, the network of its first options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import cast

from nas.blocks import registry
from nas.errors import GenotypeError
from nas.genotype.binding import with_fields
from nas.genotype.expression import (
    Argument,
    Chain,
    Choice,
    Genotype,
    Image,
    Leaf,
    Named,
    Repeat,
)
from nas.genotype.recording import graph, steps
from nas.genotype.rewriting import everywhere
from nas.graph import Graph
from nas.ops import Add, Concat

HALF = 1.8  # times as large before as after; an odd side isn't quite halved
POOLS = frozenset({"global_pool", "flatten"})  # behind which a map's channels are a vector


@dataclass(frozen=True, slots=True)
class Places:
    """What was seen where a network was recorded; nothing of a part without an image."""

    read: Mapping[Leaf, int] = field(default_factory=dict)  # channels, where it stands first
    blocks: tuple[tuple[Leaf, int], ...] = ()  # each block with the channels that it reads
    halving: frozenset[Genotype] = frozenset()  # repeats whose copies each halve the map
    image: int | None = None  # channels of the input
    # where one term of a sum is a concatenation: by the channels of both, those that it joins
    joined: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


@lru_cache(maxsize=256)
def places(genotype: Genotype) -> Places:
    """What is seen of a network, or of a space's first network."""
    try:
        network = first(genotype)
        recorded, joined = steps(network), _joined(graph(network))
    except GenotypeError:
        return Places()
    read: dict[Leaf, int] = {}
    blocks: dict[tuple[Leaf, int], None] = {}
    halving = set()
    for step in recorded:
        part = step.part
        if isinstance(part, Leaf):
            read.setdefault(part, step.reads.channels)
            blocks[part, step.reads.channels] = None
        elif isinstance(part, Repeat) and _composite(part.body):
            shrunk = max(step.reads.size, default=1) / max(step.gives.size, default=1)
            if shrunk ** (1 / cast(int, part.times)) > HALF:
                halving.add(part)
    start = genotype.items[0] if isinstance(genotype, Chain) else genotype
    image = start.channels if isinstance(start, Image) else None
    return Places(read, tuple(blocks), frozenset(halving), image, joined)


def _joined(network: Graph) -> dict[int, tuple[int, ...]]:
    """For the channels of each sum with a concatenation as a term, what that joins."""
    origins: list[tuple[int, ...]] = []  # of each node: the channels that it puts together
    found: dict[int, tuple[int, ...]] = {}
    for node in network.nodes:
        own, before = node.spec.channels, [origins[index] for index in node.inputs]
        match node.item:
            case Concat():
                origin = tuple(channels for parts in before for channels in parts)
            case Add():
                origin = max(before, key=len)
                if min(map(len, before)) < len(origin):
                    found.setdefault(own, origin)
            case _:
                passed = before and not node.total.macs and sum(before[0]) == own
                origin = before[0] if passed else (own,)
        origins.append(origin)
    return found


def _composite(body: Genotype) -> bool:
    """Whether every copy strides as the first does."""
    return not isinstance(body, Leaf) or registry()[body.word].make.keeps_stride


def first(genotype: Genotype) -> Genotype:
    """A space with the first option of each choice; a network as it is."""
    return everywhere(genotype, _first) if genotype.open else genotype


def _first(part: Genotype) -> Genotype:
    match part:
        case Choice(options=(Genotype() as option, *_)):
            return option
        case Leaf(word=word, values=values) if part.open:
            return with_fields(word, {name: _option(value) for name, value in values})
        case Repeat(times=Choice() as times):
            return replace(part, times=cast(int, _option(times)))
    return part


def _option(value: Argument) -> Argument:
    return value.options[0] if isinstance(value, Choice) else value


def output(genotype: Genotype) -> Leaf | None:
    """The block of a whole network whose channels are its classes; None where a classifier has
    them, or the network ends in a map."""
    if not (isinstance(genotype, Chain) and isinstance(genotype.items[0], Image)):
        return None
    pooled = False
    for item in reversed(genotype.items):
        while isinstance(item, Named):
            item = item.body
        if not isinstance(item, Leaf):
            return None
        kinds = {slot.type.kind for slot in registry()[item.word].slots}
        if kinds & {"channels", "classes"}:
            vector = pooled or item.word in ("linear", "fc")
            return item if vector and "classes" not in kinds else None
        pooled = pooled or item.word in POOLS
    return None
