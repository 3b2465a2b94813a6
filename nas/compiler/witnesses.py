"""Independent counters of a built network, beside what was counted without building it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from nas.compiler.network import compile
from nas.genotype import Genotype
from nas.genotype.normal import normal
from nas.graph import Graph
from nas.ops import Op


@dataclass(frozen=True, slots=True)
class Witness:
    """A counter's figures; None or 0 where it doesn't count them."""

    name: str
    params: int | None
    macs: int
    decides: bool  # it is right on this network: a difference would be our mistake
    says: str  # what it counts


@dataclass(frozen=True, slots=True)
class Check:
    """The figures of all counters for one image; ours is the first."""

    witnesses: tuple[Witness, ...]

    @property
    def agrees(self) -> bool:
        """Whether every counter that is right on this network gives our figures."""
        ours = self.witnesses[0]
        return all(
            one.macs == ours.macs and one.params in (None, ours.params)
            for one in self.witnesses
            if one.decides
        )


def check(genotype: Genotype) -> Check:
    """Build the network without memory ("meta" device) and have it counted.

    Raises GenotypeError where it can't be built.
    """
    graph = normal(genotype)
    total = graph.total
    network = compile(genotype, device="meta").eval()
    image = torch.zeros(1, *graph.input.shape, device="meta")
    held = sum(parameter.numel() for parameter in network.parameters())
    heads = sum(node.total.params for node in graph.nodes) - total.params
    return Check(
        (
            Witness("nas, counted", total.params, total.macs, True, "without building it"),
            _torch(network, image, held - heads, heads),
            _thop(network, image, graph),
        )
    )


def _torch(network: nn.Module, image: torch.Tensor, params: int, heads: int) -> Witness:
    # fused attention has no formula on every device; its parts have
    plain = sdpa_kernel(SDPBackend.MATH)
    with torch.no_grad(), plain, FlopCounterMode(display=False) as counter:
        network(image)
    flops = int(counter.get_total_flops())
    told = "the module's own tensors"
    if heads:
        told += f" (less {heads:,} of auxiliary heads)"
    return Witness(
        "torch, built", params, flops // 2, True, f"{told}; FlopCounterMode / 2: convolutions, "
        "linear layers, matrix products; no biases, norms or pools"
    )  # fmt: skip


def _thop(network: nn.Module, image: torch.Tensor, graph: Graph) -> Witness:
    with warnings.catch_warnings():  # it compares versions with distutils
        warnings.simplefilter("ignore", DeprecationWarning)
        import thop
        from thop.profile import register_hooks

    counted = {kind for kind in register_hooks if issubclass(kind, nn.Linear | _convolutions)}
    quiet: dict[Any, Any] = {kind: _nothing for kind in register_hooks if kind not in counted}
    with torch.no_grad():
        macs, params = thop.profile(network, (image,), custom_ops=quiet, verbose=False)
    unseen, numbers = _unseen(
        graph.flat(),
        {kind.__name__ for kind in counted},
        {kind.__name__ for kind in register_hooks},
    )
    says = "layers that are Conv2d or Linear modules; its extras for norms and pools left out"
    if unseen or numbers:
        says += f"; wrong here: it has no rule for {unseen:,} MACs and {numbers:,} parameters"
    return Witness("thop, built", int(params), int(macs), not (unseen or numbers), says)


_convolutions = nn.modules.conv._ConvNd


def _nothing(*_: object) -> None:
    """Counts nothing."""


def _unseen(flat: Graph, counted: set[str], known: set[str]) -> tuple[int, int]:
    """(MACs, parameters) of operations that thop doesn't know: functions and subclasses of
    torch's layers, as it goes by their very type."""
    macs = params = 0
    for index in flat.live(with_aux=False):
        node = flat.nodes[index]
        assert isinstance(node.item, Op)
        layer = node.item.layer(*flat.specs(node))
        kind = layer.kind if layer else ""
        macs += 0 if kind in counted else node.total.macs
        params += 0 if kind in known else node.total.params
    return macs, params
