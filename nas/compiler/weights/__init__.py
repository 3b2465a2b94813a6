"""Weights from elsewhere: another library's numbers in the layers of a compiled genotype.

`layers` groups a state dict's tensors, `flow` aligns with a module by running it, `arrangement`
with a bare state dict by names and shapes, `source` opens files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nas.compiler.network import Network
from nas.compiler.weights.arrangement import arrange
from nas.compiler.weights.flow import align
from nas.compiler.weights.layers import COUNTER, Layer, layers, table, unpaired
from nas.compiler.weights.source import Given, Source, opened
from nas.errors import WeightsError
from nas.genotype import parse
from nas.genotype.normal import normal
from nas.graph import Graph


@dataclass(frozen=True, slots=True)
class Matched:
    """What was loaded: `str()` says it in a few lines."""

    source: str
    how: str
    pairs: tuple[tuple[str, str], ...]  # (our tensor, the source's), by their state dicts' names
    numbers: int  # written
    left: tuple[str, ...] = ()  # our tensors that keep their initial values
    ignored: tuple[str, ...] = ()  # the source's tensors that no output depends on, or of a head
    difference: float | None = None  # of the outputs, as a share of their scale, where they ran

    def __str__(self) -> str:
        """Counts, how it was decided, what was left."""
        lines = [f"{len(self.pairs)} tensors, {self.numbers:,} numbers from {self.source}"]
        lines.append(f"aligned by {self.how}")
        if self.difference is not None:
            lines.append(f"outputs differ by at most {self.difference:.1e} of their scale")
        if self.left:
            lines.append(f"left at their initial values: {_listed(self.left)}")
        if self.ignored:
            lines.append(f"not needed from the source: {_listed(self.ignored)}")
        return "\n".join(lines)


def load_weights(
    model: Network, source: Given, *, strict: bool = True, like: nn.Module | None = None
) -> Matched:
    """The source's numbers are the network's; all of them, or none where something doesn't fit.

    `source`: a state dict, a module, a `.safetensors`, `.pth`, `.pt` or `.bin` file (never run),
    `timm:NAME` or `torchvision:NAME`, or, with its file at hand, `timm:NAME=FILE`.

    Identical names and shapes decide; else, where there is a module (`like` is the one that a state
    dict or a file belongs to), a run of both on one image, which must give equal outputs; else the
    tree of names, if just one order of it has the shapes of the network's layers in their order of
    execution. `strict=False` leaves a classifier of another number of classes at its initial
    values. Raises WeightsError with what did not fit.
    """
    found = opened(source, like)
    try:
        return _load(model, found, strict)
    except WeightsError as error:
        raise WeightsError(f"{found.title}: {error}") from error


def _load(model: Network, source: Source, strict: bool) -> Matched:
    if any(parameter.is_meta for parameter in model.parameters()):
        raise WeightsError('the network is on the "meta" device; compile it where it shall run')
    mine = dict(model.state_dict())
    state = source.state
    if source.module is None and any(value.is_meta for value in state.values()):
        raise WeightsError('the tensors are on the "meta" device and hold no numbers')
    ours, _ = layers(mine)
    theirs, ignored = layers(state)
    needed = {key for layer in ours for _, key in layer.keys}
    given = {key for layer in theirs for _, key in layer.keys}
    if needed == given and all(mine[key].shape == state[key].shape for key in needed):
        pairs = [(layer, layer) for layer in ours]
        return _write(mine, state, pairs, source, "identical names and shapes", ignored)
    graph = normal(parse(model.genotype)).flat()
    heads = frozenset() if strict else _heads(graph)
    if needed == given and not strict:  # our own names, another number of classes
        by_name = {layer.name: layer for layer in theirs}
        same = [one for one in ours if one.shapes == by_name[one.name].shapes]
        rest = [one for one in ours if one.shapes != by_name[one.name].shapes]
        if all(one.name in heads for one in rest):
            how = "identical names and shapes"
            both = [(one, one) for one in same]
            return _write(mine, state, both, source, how, ignored, tuple(rest))
    if source.module is not None:
        _shapes(ours, theirs, graph, heads)
        if source.state.keys() != source.module.state_dict().keys():
            raise WeightsError("its names aren't those of the module given as like=")
        run = align(model, ours, theirs, source.module, state, heads)
        how = "a run of both on one image"
        return _write(mine, state, list(run.pairs), source, how, ignored, run.left, run.difference)
    rest_ours, rest_theirs = _shapes(ours, theirs, graph, heads)
    kept = [layer for layer in ours if layer not in rest_ours]
    others = [layer for layer in theirs if layer not in rest_theirs]
    found = arrange(kept, others, _precedes(graph))
    how = "names and shapes, which allow one order only"
    unused = (*ignored, *(key for layer in rest_theirs for _, key in layer.keys))
    return _write(mine, state, list(found), source, how, unused, rest_ours)


def _shapes(
    ours: tuple[Layer, ...], theirs: tuple[Layer, ...], graph: Graph, heads: frozenset[str]
) -> tuple[tuple[Layer, ...], tuple[Layer, ...]]:
    """What has no partner of its shapes: nothing but `heads`; else WeightsError with a table."""
    mine, others = unpaired(ours, theirs)
    if not (mine or others):
        return mine, others
    fits = len(mine) == len(others) and all(
        _narrower(a, b) for a, b in zip(mine, others, strict=True)
    )
    if fits and all(layer.name in heads for layer in mine):
        return mine, others
    known = _heads(graph)
    hint = ""
    if fits and all(layer.name in known for layer in mine):
        hint = "; strict=False leaves the classifier at its initial values"
    raise WeightsError(
        f"the weights are of another network: {len(mine)} of {len(ours)} layers find no partner, "
        f"{len(others)} of the source's {len(theirs)} no place{hint}\n{table(mine, others)}"
    )


def _narrower(one: Layer, other: Layer) -> bool:
    """Whether two layers differ in nothing but the number of outputs."""
    ours, theirs = one.signature, other.signature
    return len(ours) == len(theirs) and all(
        a[0] == b[0] and a[1][1:] == b[1][1:] for a, b in zip(ours, theirs, strict=True)
    )


def _write(
    mine: Mapping[str, Tensor],
    state: Mapping[str, Tensor],
    pairs: list[tuple[Layer, Layer]],
    source: Source,
    how: str,
    ignored: tuple[str, ...],
    left: tuple[Layer, ...] = (),
    difference: float | None = None,
) -> Matched:
    """Copy what was aligned; everything was found fitting before."""
    named = [
        (key, other)
        for one, two in pairs
        for (_, key), (_, other) in zip(one.keys, two.keys, strict=True)
    ]
    named += [
        (f"{one.name}.{COUNTER}", f"{two.name}.{COUNTER}")
        for one, two in pairs
        if f"{one.name}.{COUNTER}" in mine and f"{two.name}.{COUNTER}" in state
    ]
    taken = {other for _, other in named}
    with torch.no_grad():
        for key, other in named:
            mine[key].copy_(state[other].reshape(mine[key].shape))
    return Matched(
        source.title,
        how,
        tuple(named),
        sum(mine[key].numel() for key, _ in named if not key.endswith(COUNTER)),
        tuple(key for layer in left for _, key in layer.keys),
        tuple(key for key in ignored if key not in taken),
        difference,
    )


def _heads(graph: Graph) -> frozenset[str]:
    """The layers that give the network's outputs: of the classifier and of auxiliary heads."""
    found = set()
    for index in (graph.output, *(index for index, _ in graph.aux)):
        node = graph.nodes[index]
        while node.inputs and not node.total.params:
            node = graph.nodes[node.inputs[0]]
        found.add(".".join(node.path))
    return frozenset(found)


def _precedes(graph: Graph) -> Callable[[str, str], bool]:
    """Whether the second layer reads, at some remove, what the first gave."""
    before: list[int] = []  # sets of nodes as bits
    at: dict[str, int] = {}
    for index, node in enumerate(graph.nodes):
        reads = 0
        for i in node.inputs:
            reads |= before[i] | 1 << i
        before.append(reads)
        at[".".join(node.path)] = index

    def precedes(one: str, other: str) -> bool:
        # a tensor of another name than weight or bias is a layer by itself
        places = [at.get(name, at.get(name.rpartition(".")[0])) for name in (one, other)]
        if places[0] is None or places[1] is None:
            return False
        return bool(before[places[1]] >> places[0] & 1)

    return precedes


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


__all__ = ["Matched", "load_weights"]
