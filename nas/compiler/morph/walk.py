"""A child's weights, layer by layer, so that each of its values is one of its parent's.

The child's operations are gone through in order, and of each value it is known what it is: a value
of the parent with some channels several times (`Seen`), zero (`Silent`), or something new (`New`).
Where that can't be kept up, the layer takes the largest common part, and it is written down why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from nas.compiler.morph import inserted, unweighted, weighted
from nas.compiler.morph.channels import unchanged, widened
from nas.compiler.morph.known import CLOSE, Known, New, Seen
from nas.compiler.morph.layers import State
from nas.compiler.morph.lineage import Lineage, named
from nas.graph import Node
from nas.ops import (
    Activate,
    AdaptivePool,
    Add,
    AddScaled,
    Attend,
    BatchNorm,
    ClassToken,
    Concat,
    Conv,
    Flatten,
    GlobalPool,
    LayerNorm,
    LayerScale,
    Linear,
    LocalResponseNorm,
    Multiply,
    Pad,
    Pool,
    PoolTokens,
    Positions,
    QueryKeyValue,
    Scale,
    ScaledConv,
    SkipGain,
    SpaceToDepth,
    Tokens,
    ToMap,
    Zero,
)
from nas.ops.affine import Affine, Distance
from nas.ops.channels import PadChannels, Shuffle, Slice
from nas.ops.upsample import Upsample


class Walk:
    """Fills the child's state `mine` with what the parent's `theirs` gives.

    Afterwards `taken` are the layers that hold numbers of the parent's, `made` those that were set
    so that they change nothing, `undone` the norms among them, and `lost` says why the child is
    another function; nothing there: it is the same.
    """

    def __init__(self, lineage: Lineage, mine: State, theirs: State) -> None:
        self.lineage, self.mine, self.theirs = lineage, mine, theirs
        self.known: list[Known] = []
        self.taken: list[str] = []
        self.made: list[str] = []
        self.undone: list[str] = []
        self.lost: list[str] = []
        with torch.no_grad():
            for index, node in enumerate(lineage.new.nodes):
                self.known.append(self._value(index, node))
            self._ends()

    # what an operation gives

    def _value(self, index: int, node: Node) -> Known:
        lineage = self.lineage
        if not index:
            return Seen(0, torch.arange(node.spec.channels))
        if lineage.behind(lineage.new, index) != index:
            return self.known[node.inputs[0]]
        if index in lineage.ends:
            return inserted.silenced(self, node)
        if index in lineage.fresh:
            return New()
        if node.total.params or isinstance(node.item, Concat | Pad | Zero):
            before = lineage.placed(index)
        else:
            states = [self.known[i] for i in node.inputs]
            read = tuple(each.like for each in states if isinstance(each, Seen))
            before = lineage.reading(index, read) if len(read) == len(states) else None
            before = lineage.placed(index) if before is None else before
        if before is None:
            return inserted.value(self, index, node)
        return RULES[type(node.item)](self, index, node, before)

    def _ends(self) -> None:
        """See that the network's output is the parent's."""
        new, old = self.lineage.new, self.lineage.old
        value, wanted = self.known[new.output], self.lineage.behind(old, old.output)
        channels = old.spec.channels
        if new.input != old.input:
            self.lose(f"images are {new.input}, the parent's were {old.input}")
        if not isinstance(value, Seen) or value.like != wanted:
            reason = value.reason if isinstance(value, New) else ""
            self.lose(reason or "the output is another value than the parent's")
        elif not unchanged(value.source, channels):
            self.lose(f"{new.spec.channels} outputs for the parent's {channels}")
        elif abs(value.scale - 1) > CLOSE:
            self.lose("the output is a multiple of the parent's")

    # what an operation reads

    def given(self, node: Node, which: int, wanted: int, index: int | None = None) -> Seen:
        """An input as the parent's value `wanted`; where it isn't, as if it were."""
        index = node.inputs[which] if index is None else index
        value = self.known[index]
        wanted = self.lineage.behind(self.lineage.old, wanted)
        if isinstance(value, Seen) and value.like == wanted:
            return value
        reason = value.reason if isinstance(value, New) else ""
        self.lose(reason or f"{named(node.path)} doesn't read what it read in the parent")
        spec = self.lineage.new.nodes[index].spec
        channels = self.lineage.old.nodes[wanted].spec.channels
        return Seen(wanted, widened(channels, spec.channels, self.lineage.groups(index)))

    def lose(self, why: str) -> None:
        """The child is not the same function, for this reason."""
        if why not in self.lost:
            self.lost.append(why)

    def settings(self, node: Node, before: int) -> None:
        """See that an operation without weights does what the parent's does."""
        old = self.lineage.old.nodes[before].item
        if isinstance(old, Activate) and isinstance(node.item, Activate) and old != node.item:
            self.lose(f"{named(node.path)}: {old.kind} became {node.item.kind}")
        elif old != node.item:
            self.lose(f"{named(node.path)}: its settings are others than the parent's")

    def tensors(self, place: str, old: str) -> list[tuple[str, Tensor, Tensor]]:
        """(name, the child's, the parent's) of the tensors that both have at a place."""
        found = []
        for key, value in self.mine.items():
            name = key.removeprefix(f"{place}.")
            if key != name and f"{old}.{name}" in self.theirs:
                found.append((name, value, self.theirs[f"{old}.{name}"]))
        return found


Rule: TypeAlias = Callable[[Walk, int, Node, int], Known]
RULES: dict[type, Rule] = {
    **dict.fromkeys((Conv, ScaledConv, Linear), weighted.filters),
    **dict.fromkeys((AdaptivePool, GlobalPool, Pool, PoolTokens, Scale), unweighted.alike),
    **dict.fromkeys((Tokens, ToMap, Upsample), unweighted.alike),
    **dict.fromkeys((Affine, ClassToken, LayerScale, Positions, SkipGain), weighted.channelwise),
    **dict.fromkeys((Attend, Distance, LocalResponseNorm), weighted.fixed),
    **dict.fromkeys((Flatten, PadChannels, Shuffle, Slice, SpaceToDepth), unweighted.moved),
    Activate: unweighted.activated,
    Add: unweighted.summed,
    AddScaled: unweighted.summed,
    BatchNorm: weighted.norm,
    Concat: unweighted.joined,
    LayerNorm: weighted.across,
    Multiply: unweighted.multiplied,
    Pad: unweighted.padded,
    QueryKeyValue: weighted.queries,
    Zero: unweighted.zero,
}
