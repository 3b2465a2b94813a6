"""Runs: a layer that multiplies (convolution, linear, attention), with the norm, activation, sum
or gate that follows it at once.

What is measured once and added up is a run, not a single operation: small operations are bound by
memory and by the call, and find what they read still in the cache when they follow one another, as
they do in a network. On its own each would be charged for that again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from nas.genotype import Genotype
from nas.genotype.normal import normal
from nas.graph import Graph, Node
from nas.ops import Conv, Input, Op, ScaledConv, Spec

BYTES = 4  # of a number in float32


@dataclass(frozen=True)
class Run:
    """Operations one after another, and what the first of them and sums on the way read.

    `steps` are operations with what they read: a number from 0 is one of `inputs`, -1 the step
    before.
    """

    inputs: tuple[Spec, ...]
    steps: tuple[tuple[Op, tuple[int, ...]], ...]

    @cached_property
    def graph(self) -> Graph:
        """The run as a graph whose first nodes are the inputs."""
        nodes = [Node(Input(spec), (), spec, (f"input{i}",)) for i, spec in enumerate(self.inputs)]
        for number, (op, reads) in enumerate(self.steps):
            inputs = tuple(len(nodes) - 1 if i < 0 else i for i in reads)
            spec = op.infer(*(nodes[i].spec for i in inputs))
            nodes.append(Node(op, inputs, spec, (f"{op.name}{number}",)))
        return Graph("Run", tuple(nodes), len(nodes) - 1)

    @cached_property
    def key(self) -> str:
        """What distinguishes it, as text: the shapes it reads, and its layers and functions."""
        shapes = ", ".join("x".join(map(str, laid(spec))) for spec in self.inputs)
        return f"{shapes}: {' > '.join(_written(self.graph, node) for node in self.nodes)}"

    @cached_property
    def kind(self) -> str:
        """Its operations' names, and whether a convolution is of single channels or points: runs
        of one kind take time alike."""
        return " > ".join(_kind(op) for op, _ in self.steps)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The steps as nodes of `graph`."""
        return self.graph.nodes[len(self.inputs) :]

    @cached_property
    def work(self) -> tuple[float, float]:
        """(multiply-accumulates, bytes read and written), of one image."""
        graph, macs, moved = self.graph, 0, 0
        for node in self.nodes:
            specs = graph.specs(node)
            assert isinstance(node.item, Op)
            total = node.item.total(node.spec, *specs)
            macs += total.macs
            moved += total.params + node.spec.elements
            moved += sum(spec.elements for spec in specs)
        return float(macs), float(BYTES * moved)


def laid(spec: Spec) -> tuple[int, ...]:
    """The sides of one image's tensor as they lie in memory."""
    return (*spec.size, spec.channels) if spec.last else spec.shape


def _written(graph: Graph, node: Node) -> str:
    """An operation as it is written in code; what it reads besides the step before is `y`."""
    assert isinstance(node.item, Op)
    layer = node.item.layer(*graph.specs(node))
    if layer:
        return str(layer)
    names = "xyzuvwabcdefghijklmnopqrst"
    return node.item.code([names[i % len(names)] for i in range(len(node.inputs))], "")


def _kind(op: Op) -> str:
    """An operation's name, and of convolutions what decides how they are computed."""
    if isinstance(op, ScaledConv):
        return f"scaled {_kind(op.conv)}"
    if not isinstance(op, Conv):
        return op.name
    if op.groups > 1:
        return "depthwise" if op.groups == op.out else "grouped"
    return "pointwise" if op.kernel == (1, 1) else op.name


def runs(genotype: Genotype) -> Counter[Run]:
    """Every run of a network in use, and how often it stands there.

    Raises GenotypeError as `nas.cost`.
    """
    found: Counter[Run] = Counter()
    graph = normal(genotype)
    for part in parts(graph):
        found.update([part] if isinstance(part, Run) else inside(part))
    return found


def parts(graph: Graph) -> Iterator[Run | Graph]:
    """The blocks of a network's graph, and the runs between them; auxiliary heads left out."""
    used = graph.live(with_aux=False)
    for index in used:
        item = graph.nodes[index].item
        if isinstance(item, Graph):
            yield item
    yield from _runs(graph, used)


@lru_cache(maxsize=1 << 14)
def inside(block: Graph) -> tuple[Run, ...]:
    """The runs of a block, in order."""
    flat = block.flat()
    return tuple(_runs(flat, flat.live(with_aux=False)))


def _runs(graph: Graph, used: list[int]) -> Iterator[Run]:
    """The runs of a graph's operations; blocks in it are none."""
    readers = Counter(i for index in used for i in graph.nodes[index].inputs)
    readers[graph.output] += 1
    chains: list[list[int]] = []
    ends: dict[int, list[int]] = {}  # a value that the next step may go on from -> its chain
    for index in used:
        node = graph.nodes[index]
        if isinstance(node.item, Input | Graph):
            continue
        chain = None
        if not node.total.macs:
            chain = next((ends.pop(i) for i in node.inputs if i in ends), None)
        if chain is None:
            chain = []
            chains.append(chain)
        chain.append(index)
        if readers[index] == 1:
            ends[index] = chain
    return (_run(graph, chain) for chain in chains)


def _run(graph: Graph, chain: list[int]) -> Run:
    inputs: list[int] = []
    steps = []
    before = -1
    for index in chain:
        node = graph.nodes[index]
        assert isinstance(node.item, Op)
        reads = []
        for i in node.inputs:
            if i == before:
                reads.append(-1)
                continue
            if i not in inputs:
                inputs.append(i)
            reads.append(inputs.index(i))
        steps.append((node.item, tuple(reads)))
        before = index
    return Run(tuple(graph.nodes[i].spec for i in inputs), tuple(steps))
