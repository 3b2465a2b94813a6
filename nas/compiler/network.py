"""From a genotype to an `nn.Module`: nested modules with generated `forward`s, initialised and
reproducible."""

from __future__ import annotations

import builtins
import linecache
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from nas.compiler.source import Scope, outline
from nas.errors import GenotypeError
from nas.genotype.expression import Genotype
from nas.genotype.normal import normal
from nas.graph import Graph
from nas.ops import Add, BatchNorm, Conv, Layer, Linear
from nas.ops.initialise import initialise


class Output(NamedTuple):
    """What a network with auxiliary heads gives in training: its logits and each head's, (N,
    classes) each."""

    logits: torch.Tensor
    aux: tuple[torch.Tensor, ...]


class Generated(nn.Module):
    """A module whose `forward` was written by the compiler; it can be copied and pickled.

    A whole-module pickle carries source, which runs when it is loaded: for trusted files only. To
    share a network,
    share its genotype and its state dict.
    """

    source: tuple[str, str]

    def __reduce__(self) -> tuple[Any, ...]:
        return _revive, self.source, self.__dict__


class Network(Generated):
    """The root of a compiled genotype.

    In training a network with auxiliary heads returns `Output(logits, aux)`, else, and always in
    eval, a tensor.
    """

    genotype: str  # its text
    input_shape: tuple[int, int, int]  # (channels, height, width)
    aux_weights: tuple[float, ...]  # of each head's loss, in the order of `Output.aux`


def compile(
    genotype: Genotype,
    *,
    seed: int | None = None,
    device: str | torch.device | None = None,
    zero_gamma: bool = False,
) -> Network:
    """A torch module that computes the genotype.

    `seed` draws the initial weights from a generator of their own (the same on every run);
    without it they come from
    torch's. `zero_gamma` lets residual branches begin at zero (arXiv:1706.02677). On the "meta"
    device nothing is
    allocated. Raises GenotypeError for choices left open, shapes that don't fit, or more weights
    than free memory.
    """
    graph = normal(genotype)
    target = torch.device(device or "cpu")
    if target.type == "cpu":
        _fits(graph)
    network = cast(Network, _build(outline(graph), target, Network))
    network.genotype = str(genotype)
    network.input_shape = cast(tuple[int, int, int], graph.input.shape)
    network.aux_weights = tuple(weight for _, weight in graph.aux)
    if target.type != "meta":
        generator = None if seed is None else torch.Generator(target).manual_seed(seed)
        for module in network.modules():
            initialise(module, generator)
        if zero_gamma:
            for path in last_norms(graph.flat()):
                nn.init.zeros_(cast(torch.Tensor, network.get_submodule(path).weight))
    return network


def _build(scope: Scope, device: torch.device, base: type[Generated] = Generated) -> nn.Module:
    module = (
        nn.Sequential()
        if scope.plain and base is Generated
        else _class(scope.label, scope.forward, base)()
    )
    for name, part in scope.parts.items():
        made = part.build(device) if isinstance(part, Layer) else _build(part, device)
        module.add_module(name, made)
    return module


@lru_cache(maxsize=4096)
def _class(label: str, forward: str, base: type[Generated]) -> type[Generated]:
    """The class with this `forward`; equal ones are one class. Tracebacks show its lines."""
    text = f"class {label}({base.__name__}):\n{forward}"
    file = f"<nas {label} {abs(hash(text)):x}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = {
        "torch": torch, "F": F, "Output": Output, base.__name__: base, "__name__": __name__
    }  # fmt: skip
    exec(builtins.compile(text, file, "exec"), scope)
    made = cast(type[Generated], scope[label])
    made.source = (label, forward)
    return made


def _revive(label: str, forward: str) -> nn.Module:
    base = Network if label == "Network" else Generated
    cls = _class(label, forward, base)
    return cls.__new__(cls)


def _fits(graph: Graph) -> None:
    """GenotypeError where the weights wouldn't fit into the memory that is free."""
    need = sum(graph.count(node).params for node in graph.nodes) * 4
    if need < 1 << 28:
        return
    free = _free_memory()
    if need > free:
        raise GenotypeError(
            f"the weights take {need / 1e9:.1f} GB in float32, but {free / 1e9:.1f} GB of memory are free; "
            'make the network smaller, or compile with device="meta" to look at its structure'
        )


def _free_memory() -> float:
    info = Path("/proc/meminfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def last_norms(flat: Graph) -> Iterator[str]:
    """The paths of norms that end a residual branch: the deepest term of each sum."""
    depth = [0] * len(flat.nodes)  # weighted layers on the longest way here
    for index, node in enumerate(flat.nodes):
        before = max((depth[i] for i in node.inputs), default=0)
        depth[index] = before + isinstance(node.item, Conv | Linear)
    for node in flat.nodes:
        if isinstance(node.item, Add):
            deepest = max(depth[i] for i in node.inputs)
            ends = [i for i in node.inputs if depth[i] == deepest]
            if len(ends) == 1 and isinstance(flat.nodes[ends[0]].item, BatchNorm):
                yield ".".join(flat.nodes[ends[0]].path)
