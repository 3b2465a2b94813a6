"""The normalized graph: what is left of a network when everything without effect is gone.

Identities vanish, zeros spread and die out, what nothing reads is dropped, equal operations
without parameters are
done once. Counting, compiling and hashing read this graph, so that they agree about what a
network is.
"""

from __future__ import annotations

from functools import lru_cache

from nas.genotype.expression import Genotype
from nas.genotype.recording import graph
from nas.graph import Graph, Node
from nas.ops import Add, Concat, Input, Multiply, Op, Spec, Zero


@lru_cache(maxsize=256)
def normal(network: Genotype) -> Graph:
    """A network's normalized graph; blocks stay whole. GenotypeError as `graph`."""
    return normalize(graph(network))


def normalize(raw: Graph) -> Graph:
    """The same function in the fewest nodes; zeros that are left stand behind the input."""
    nodes: list[Node] = []
    at: list[int] = []  # index in `raw` -> index in `nodes`, or below 0 for zeros
    zeros: dict[Spec, int] = {}
    done: dict[object, int] = {}

    for node in raw.nodes:
        item, inputs = node.item, tuple([at[i] for i in node.inputs])
        kind = type(item)  # operations are final; isinstance takes ten times as long for an ABC
        if kind is Input:
            at.append(len(nodes))
            nodes.append(node)
            continue
        if kind is Add:
            inputs = tuple([i for i in inputs if i >= 0]) or inputs[:1]
        if item.trivial or (len(inputs) == 1 and kind in (Add, Concat)):
            at.append(inputs[0])
            continue
        if item.gives_zero or (zeros and _dead(item, [i < 0 for i in inputs])):
            at.append(zeros.setdefault(node.spec, -1 - len(zeros)))
            continue
        key = None
        if not node.total.params and not item.random:
            key = (item, tuple(sorted(inputs)) if item.commutes else inputs)
        if key is not None and key in done:
            at.append(done[key])
            continue
        if key is not None:
            done[key] = len(nodes)
        at.append(len(nodes))
        nodes.append(node if inputs == node.inputs else node.reading(inputs))

    aux = tuple((at[index], weight) for index, weight in raw.aux if at[index] >= 0)
    names = tuple((name, at[index]) for name, index in raw.names)
    graph = Graph(raw.label, tuple(nodes), at[raw.output], aux, names)
    return compact(_with_zeros(graph, tuple(zeros)) if zeros else graph)


def _with_zeros(graph: Graph, specs: tuple[Spec, ...]) -> Graph:
    """The graph whose indices below 0 are zeros of these specs, with a node for each behind the
    input."""

    def moved(index: int) -> int:
        return index + len(specs) if index > 0 else -index

    made = [
        Node(Zero(spec), (0,), spec, (f"zero{number}" if number > 1 else "zero",))
        for number, spec in enumerate(specs, 1)
    ]
    rest = [node.reading(tuple(map(moved, node.inputs))) for node in graph.nodes[1:]]
    aux = tuple((moved(index), weight) for index, weight in graph.aux)
    names = tuple((name, moved(index)) for name, index in graph.names)
    nodes = (graph.nodes[0], *made, *rest)
    return Graph(graph.label, nodes, moved(graph.output), aux, names)


def _dead(item: Op | Graph, nothing: list[bool]) -> bool:
    """Whether zeros come out, given which inputs are zeros."""
    return any(nothing) if isinstance(item, Multiply) else item.keeps_zero and all(nothing)


def compact(full: Graph) -> Graph:
    """Without the nodes that no result depends on."""
    live = full.live()
    if len(live) == len(full.nodes):
        return full
    at = {old: new for new, old in enumerate(live)}
    nodes = tuple(
        node.reading(tuple(at[i] for i in node.inputs))
        for node in (full.nodes[old] for old in live)
    )
    aux = tuple((at[index], weight) for index, weight in full.aux)
    names = tuple((name, at[index]) for name, index in full.names if index in at)
    return Graph(full.label, nodes, at[full.output], aux, names)
