"""What was recorded: nodes, what each costs, and the graph of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import ClassVar, NamedTuple, TypeAlias

from nas.ops import FREE, Multiply, Op, Spec, Total

Path: TypeAlias = tuple[str, ...]


class Node(NamedTuple):  # made hundreds of times a network, in half a dataclass's time
    """One step: an operation or a block's graph, its inputs (indices of nodes), its output and
    its place."""

    item: Op | Graph
    inputs: tuple[int, ...]
    spec: Spec
    path: Path
    total: Total = FREE

    def reading(self, inputs: tuple[int, ...], path: Path | None = None) -> Node:
        """The same step on other inputs, or elsewhere."""
        return Node(self.item, inputs, self.spec, self.path if path is None else path, self.total)


_TOTAL, _GIVES_ZERO = attrgetter("total"), attrgetter("item.gives_zero")


@dataclass(frozen=True, eq=False)
class Graph:
    """Steps in order of execution; node 0 is the input, `output` the result, `aux` training-only
    results.

    Graphs are compared by identity; a block's graph is recorded once, so equal blocks share theirs.
    """

    label: str
    nodes: tuple[Node, ...]
    output: int
    aux: tuple[tuple[int, float], ...] = ()
    names: tuple[tuple[str, int], ...] = ()

    @property
    def input(self) -> Spec:
        """What goes in."""
        return self.nodes[0].spec

    @property
    def spec(self) -> Spec:
        """What comes out."""
        return self.nodes[self.output].spec

    def specs(self, node: Node) -> tuple[Spec, ...]:
        """The specs of a node's inputs."""
        return tuple(self.nodes[i].spec for i in node.inputs)

    @cached_property
    def total(self) -> Total:
        """Sums over all nodes, auxiliary heads left out: the network as it is used."""
        used = [self.nodes[i] for i in self.live(with_aux=False)] if self.aux else self.nodes
        return Total(*map(sum, zip(*map(_TOTAL, used), strict=True)))

    def live(self, *, with_aux: bool = True) -> list[int]:
        """Indices of the nodes that the result depends on, in order."""
        wanted = {0, self.output, *(index for index, _ in self.aux if with_aux)}
        for index in range(len(self.nodes) - 1, -1, -1):
            if index in wanted:
                wanted.update(self.nodes[index].inputs)
        return sorted(wanted)

    @cached_property
    def keeps_zero(self) -> bool:
        """Whether a zero in gives a zero out."""
        return self.output in self._zeros({0})

    @cached_property
    def gives_zero(self) -> bool:
        """Whether zeros come out whatever goes in."""
        return any(map(_GIVES_ZERO, self.nodes)) and self.output in self._zeros(set())

    def _zeros(self, zero: set[int]) -> set[int]:
        """The nodes that are all zeros where those of `zero` are."""
        for index, node in enumerate(self.nodes[1:], 1):
            if isinstance(node.item, Multiply):
                dead = any(i in zero for i in node.inputs)
            else:
                dead = node.item.keeps_zero and all(i in zero for i in node.inputs)
            if dead or node.item.gives_zero:
                zero.add(index)
        return zero

    @cached_property
    def random(self) -> bool:
        """Whether two of it on one input differ in training."""
        return any(node.item.random for node in self.nodes)

    @property
    def trivial(self) -> bool:
        """Whether it hands its input on unchanged."""
        return self.output == 0

    commutes: ClassVar[bool] = False  # a block reads one input

    def flat(self) -> Graph:
        """The same network with every block opened: nodes are operations only."""
        nodes: list[Node] = []
        at: list[int] = []  # index here -> index in `nodes`
        for node in self.nodes:
            if isinstance(node.item, Graph):
                inner = node.item.flat() if _nested(node.item) else node.item
                place = [at[node.inputs[0]]]
                for part in inner.nodes[1:]:
                    place.append(len(nodes))
                    inputs = tuple([place[i] for i in part.inputs])
                    nodes.append(part.reading(inputs, node.path + part.path))
                at.append(place[inner.output])
            else:
                at.append(len(nodes))
                nodes.append(node.reading(tuple([at[i] for i in node.inputs])))
        aux = tuple((at[index], weight) for index, weight in self.aux)
        names = tuple((name, at[index]) for name, index in self.names)
        return Graph(self.label, tuple(nodes), at[self.output], aux, names)


def _nested(graph: Graph) -> bool:
    return any(isinstance(node.item, Graph) for node in graph.nodes)
