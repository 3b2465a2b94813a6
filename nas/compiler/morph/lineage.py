"""Two networks side by side: which operation of a child is which of its parent's.

Layers are found by their place in the expression, what has no parameters by what it reads. Nothing
here looks at weights.
"""

from __future__ import annotations

from collections.abc import Iterator

from nas.compiler.morph.channels import Groups
from nas.genotype import Genotype
from nas.genotype.counterparts import counterparts
from nas.genotype.normal import normal
from nas.graph import Graph, Node, Path
from nas.ops import (
    Activate,
    AdaptivePool,
    Add,
    AddScaled,
    BatchNorm,
    Conv,
    Dropout,
    DropPath,
    GlobalPool,
    LayerNorm,
    LayerScale,
    Linear,
    Multiply,
    Op,
    Pad,
    Pair,
    Permute,
    Pool,
    Scale,
    ScaledConv,
    SkipGain,
)

CLEAR = (Dropout, DropPath, Permute)  # channels pass through them as they are, when it is used
WEIGHED = (Conv, ScaledConv, Linear)
# channel by channel: what comes out has the channels that go in
ALIKE = (
    *CLEAR, Activate, AdaptivePool, Add, AddScaled, BatchNorm, GlobalPool, LayerNorm, LayerScale,
    Multiply, Pad, Pool, Scale, SkipGain,
)  # fmt: skip
# what can end a branch in zeros, and what hands zeros on to a sum
ENDS = (BatchNorm, LayerNorm, *WEIGHED, LayerScale, SkipGain)
HANDS_ON = (*CLEAR, Activate, Multiply, Pool, Scale)


class Lineage:
    """A child's operations (`new`) and those of its parent (`old`), by index in their graphs."""

    def __init__(self, child: Genotype, parent: Genotype) -> None:
        self.new, self.old = normal(child).flat(), normal(parent).flat()
        self._places = counterparts(child, parent)
        self._at = {node.path: index for index, node in enumerate(self.old.nodes)}
        self._readers: dict[tuple[type, tuple[int, ...]], list[int]] = {}
        for index, node in enumerate(self.old.nodes):
            self._readers.setdefault(self._key(node, self.reads(self.old, index)), []).append(index)
        self.ends, self.fresh = self._branches()
        self._groups = self._grouped()

    def placed(self, index: int) -> int | None:
        """The parent's operation of the same kind at the same place, None where there is none."""
        node = self.new.nodes[index]
        path = node.path
        for length in range(len(path), -1, -1):
            if path[:length] in self._places:
                was = self._places[path[:length]]
                found = None if was is None else self._at.get(was + path[length:])
                break
        else:
            found = self._at.get(path)
        if found is None or type(self.old.nodes[found].item) is not type(node.item):
            return None
        return found

    def reading(self, index: int, inputs: tuple[int, ...]) -> int | None:
        """The parent's operation of the same kind that reads just these of its values; of several
        an equal one, or the one at the same place."""
        node = self.new.nodes[index]
        found = self._readers.get(self._key(node, inputs), [])
        placed = self.placed(index)
        if placed in found:
            return placed
        equal = [each for each in found if self.old.nodes[each].item == node.item]
        return next(iter(equal or found), None)

    def reads(self, graph: Graph, index: int) -> tuple[int, ...]:
        """What an operation reads, behind what changes no channels."""
        return tuple(self.behind(graph, each) for each in graph.nodes[index].inputs)

    def behind(self, graph: Graph, index: int) -> int:
        """The value that is the same but for dropping and how it lies in memory."""
        while isinstance(graph.nodes[index].item, CLEAR):
            (index,) = graph.nodes[index].inputs
        return index

    def bordered(self, graph: Graph, index: int) -> tuple[int, Pair]:
        """(what a layer reads behind a border of zeros; that and its own at the top and left)."""
        item, source = graph.nodes[index].item, graph.nodes[index].inputs[0]
        top, left = conv(item).padding if isinstance(item, Conv | ScaledConv) else (0, 0)
        border = graph.nodes[source]
        if isinstance(border.item, Pad) and border.item.value == 0:
            (source,) = border.inputs
            top, left = top + border.item.before[0], left + border.item.before[1]
        return self.behind(graph, source), (top, left)

    def groups(self, index: int) -> Groups:
        """The groups that the output's channels must keep to."""
        return self._groups.get(index, (1, 1))

    def _key(self, node: Node, inputs: tuple[int, ...]) -> tuple[type, tuple[int, ...]]:
        return type(node.item), tuple(sorted(inputs)) if node.item.commutes else inputs

    def _branches(self) -> tuple[set[int], set[int]]:
        """(the layers that end a new residual branch, all operations of such branches)."""
        nodes = self.new.nodes
        readers = [0] * len(nodes)
        depth = [0] * len(nodes)  # weighted layers on the longest way here
        for index, node in enumerate(nodes):
            depth[index] = max((depth[i] for i in node.inputs), default=0)
            depth[index] += isinstance(node.item, WEIGHED)
            for each in node.inputs:
                readers[each] += 1
        ends: set[int] = set()
        fresh: set[int] = set()
        for index, node in enumerate(nodes):
            if not isinstance(node.item, Add | AddScaled):
                continue
            before = self.placed(index)
            spare = len(node.inputs) - (1 if before is None else len(self.old.nodes[before].inputs))
            for term in sorted(node.inputs, key=lambda i: -depth[i]):
                end = term
                while isinstance(nodes[end].item, HANDS_ON) and readers[end] == 1:
                    end = max(nodes[end].inputs, key=lambda i: nodes[i].spec.elements)
                if not isinstance(nodes[end].item, ENDS) or readers[end] != 1:
                    continue
                branch = set(self._above([term]))
                branch -= set(self._above([i for i in node.inputs if i != term]))
                if spare > 0 and all(self.placed(each) is None for each in branch):
                    ends.add(end)
                    fresh |= branch & set(self._above(list(nodes[end].inputs)))
                    spare -= 1
        return ends, fresh

    def _above(self, start: list[int]) -> Iterator[int]:
        """These values and all that they depend on."""
        wanted = set(start)
        for index in range(max(start), -1, -1):
            if index in wanted:
                yield index
                wanted.update(self.new.nodes[index].inputs)

    def _grouped(self) -> dict[int, Groups]:
        """For values whose channels a grouped convolution reads or gives, or that are tied to such
        ones by a sum or a product: the groups."""
        nodes = self.new.nodes
        tied = list(range(len(nodes)))

        def root(index: int) -> int:
            while tied[index] != index:
                index = tied[index]
            return index

        marks: list[tuple[int, Groups]] = []
        for index, node in enumerate(nodes):
            if isinstance(node.item, ALIKE) or _depthwise(self.new, index):
                for each in node.inputs:
                    tied[root(each)] = root(index)
                continue
            before = self.placed(index)
            if before is not None and _groups(node.item) > 1:
                groups = _groups(self.old.nodes[before].item), _groups(node.item)
                marks += [(index, groups), (node.inputs[0], groups)]
        found: dict[int, Groups] = {}
        for index, groups in marks:
            found.setdefault(root(index), groups)
        return {i: found[root(i)] for i in range(len(nodes)) if root(i) in found}


def conv(item: Op | Graph) -> Conv:
    """The convolution that an operation is, its filters standardised or not."""
    inner = item.conv if isinstance(item, ScaledConv) else item
    assert isinstance(inner, Conv)
    return inner


def _groups(item: Op | Graph) -> int:
    return conv(item).groups if isinstance(item, Conv | ScaledConv) else 1


def _depthwise(graph: Graph, index: int) -> bool:
    item, channels = graph.nodes[index].item, graph.nodes[index].spec.channels
    if _groups(item) != channels or channels == 1:
        return False
    return graph.nodes[graph.nodes[index].inputs[0]].spec.channels == channels


def named(path: Path) -> str:
    """A place as messages and state dicts have it."""
    return ".".join(path)
