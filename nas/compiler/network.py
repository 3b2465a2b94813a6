"""From a genotype to an `nn.Module`: nested modules with generated `forward`s, initialised and
reproducible."""

from __future__ import annotations

import builtins
import linecache
import os
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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
from nas.ops import Add, BatchNorm, Conv, DropPath, Layer, LayerNorm, Linear, Multiply
from nas.ops.fresh import NORMS, bare
from nas.ops.initialise import initialise

LARGE = 1 << 16  # weights of a layer that is worth a thread


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

    source: tuple[str, str, bool]  # label, forward, whether it is the root

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
    target = torch.get_default_device() if device is None else torch.device(device)
    if target.type == "cpu":
        _fits(graph)
    network = cast(Network, _build(outline(graph), target, root=True))
    network.genotype = str(genotype)
    network.input_shape = cast(tuple[int, int, int], graph.input.shape)
    network.aux_weights = tuple(weight for _, weight in graph.aux)
    if target.type != "meta":
        _initialise(network, seed, target)
        if zero_gamma:
            for path in last_norms(graph.flat()):
                nn.init.zeros_(cast(torch.Tensor, network.get_submodule(path).weight))
    return network


def part(scope: Scope, *, seed: int = 0, device: str | torch.device = "cpu") -> nn.Module:
    """The module of a part of a network, with weights from a generator of its own."""
    target = torch.device(device)
    module = _build(scope, target)
    _initialise(module, seed, target)
    return module


def _build(scope: Scope, device: torch.device, *, root: bool = False) -> nn.Module:
    plain = scope.plain and not root
    module = bare(nn.Sequential if plain else _class(scope.label, scope.forward, root))
    for name, part in scope.parts.items():
        made = part.build(device) if isinstance(part, Layer) else _build(part, device)
        module._modules[name] = made
    return module


@lru_cache(maxsize=4096)
def _class(label: str, forward: str, root: bool) -> type[Generated]:
    """The class with this `forward`; equal ones are one class. Tracebacks show its lines."""
    base = Network if root else Generated
    text = f"class {label}({base.__name__}):\n{forward}"
    file = f"<nas {label} {zlib.crc32(text.encode()):08x}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"torch": torch, "F": F, "Output": Output, "__name__": __name__}
    scope[base.__name__] = base
    exec(builtins.compile(text, file, "exec"), scope)
    made = cast(type[Generated], scope[label])
    made.source = (label, forward, root)
    return made


def _revive(label: str, forward: str, root: bool) -> nn.Module:
    cls = _class(label, forward, root)
    return cls.__new__(cls)


def _initialise(network: nn.Module, seed: int | None, device: torch.device) -> None:
    """Every layer from a generator of its own: order and number of threads don't matter."""
    start = int(torch.randint(1 << 62, (), device="cpu")) if seed is None else seed
    layers = [module for module in network.modules() if not isinstance(module, Generated)]
    jobs = [
        (layer, _mixed(start, number))
        for number, layer in enumerate(layers)
        if (layer._parameters or layer._buffers) and not isinstance(layer, NORMS)
    ]

    def begin(jobs: list[tuple[nn.Module, int]]) -> None:
        generator = torch.Generator(device)
        for layer, seed in jobs:
            initialise(layer, generator.manual_seed(seed))

    threads = torch.get_num_threads()
    large = [job for job in jobs if _weights(job[0]) > LARGE] if device.type == "cpu" else []
    if threads == 1 or len(large) < 2:
        begin(jobs)
        return
    large.sort(key=lambda job: -_weights(job[0]))
    elsewhere = {seed for _, seed in large}
    small = [job for job in jobs if job[1] not in elsewhere]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(begin, [small, *([job] for job in large)]))


def _weights(layer: nn.Module) -> int:
    return sum([each.numel() for each in layer._parameters.values() if each is not None])


def _mixed(seed: int, number: int) -> int:
    """A seed for each layer that differs in all bits (splitmix64)."""
    word = (seed + (number + 1) * 0x9E3779B97F4A7C15) & (1 << 64) - 1
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & (1 << 64) - 1
    word = (word ^ word >> 27) * 0x94D049BB133111EB & (1 << 64) - 1
    return (word ^ word >> 31) >> 1


def _fits(graph: Graph) -> None:
    """GenotypeError where the weights wouldn't fit into the memory that is free."""
    need = sum(node.total.params for node in graph.nodes) * 4
    if need < 1 << 28:
        return
    free = _free_memory()
    if need > free:
        raise GenotypeError(
            f"the weights take {need / 1e9:.1f} GB in float32, but {free / 1e9:.1f} GB of memory "
            "are free; "
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
            end = flat.nodes[ends[0]]
            while isinstance(end.item, DropPath | Multiply):  # a gate weighs what it multiplies
                end = max((flat.nodes[i] for i in end.inputs), key=lambda x: x.spec.elements)
            if len(ends) == 1 and isinstance(end.item, BatchNorm | LayerNorm):
                yield ".".join(end.path)
