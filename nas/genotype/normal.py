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
from nas.ops import Add, Concat, Input, Multiply, Op, Zero


@lru_cache(maxsize=256)
def normal(network: Genotype) -> Graph:
    """A network's normalized graph; blocks stay whole. GenotypeError as `graph`."""
    return normalize(graph(network))


def normalize(raw: Graph) -> Graph:
    """The same function in the fewest nodes. Where the result itself is zero, one zero is left."""
    nodes: list[Node] = []
    at: list[int] = []  # index in `raw` -> index in `nodes`
    zero: set[int] = set()  # indices in `nodes` that are all zeros
    done: dict[object, int] = {}

    def put(node: Node, key: object = None) -> int:
        nodes.append(node)
        if key is not None:
            done[key] = len(nodes) - 1
        return len(nodes) - 1

    for node in raw.nodes:
        item, inputs = node.item, tuple(at[i] for i in node.inputs)
        if isinstance(item, Input):
            at.append(put(node))
            continue
        if isinstance(item, Add):
            inputs = tuple(i for i in inputs if i not in zero) or inputs[:1]
        if item.trivial or (isinstance(item, Add | Concat) and len(inputs) == 1):
            at.append(inputs[0])
            continue
        if isinstance(item, Zero) or (zero and _dead(item, [i in zero for i in inputs])):
            zero.add(len(nodes))
        key = None
        if not node.total.params and not item.random:
            key = (item, tuple(sorted(inputs)) if item.commutes else inputs)
        if key is not None and key in done:
            at.append(done[key])
            zero.discard(len(nodes))
            continue
        at.append(put(node if inputs == node.inputs else node.reading(inputs), key))

    aux = tuple((at[index], weight) for index, weight in raw.aux if at[index] not in zero)
    output = at[raw.output]
    if output in zero:
        zeros = Node(Zero(), (output,), nodes[output].spec, ("zero",))
        if not isinstance(nodes[output].item, Zero):
            output = put(zeros)
    names = tuple((name, at[index]) for name, index in raw.names)
    return _compact(Graph(raw.label, tuple(nodes), output, aux, names))


def _dead(item: Op | Graph, nothing: list[bool]) -> bool:
    """Whether zeros come out, given which inputs are zeros."""
    return any(nothing) if isinstance(item, Multiply) else item.keeps_zero and all(nothing)


def _compact(full: Graph) -> Graph:
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
