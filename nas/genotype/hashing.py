"""The canonical hash: equal exactly for isomorphic networks, in every process and version.

The normalized graph's operations are coloured by what they are, what they read and who reads
them, until nothing changes. What then still looks alike is taken apart: remove all nodes of unique
colour, and what stays falls into components that are each put in an order of their own; equal
components may change places. The hash is of every node with what it reads, written out in that
order: so a value used twice differs from two equal copies, which hashing from inputs alone can't
tell.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from nas.genotype.expression import Genotype
from nas.genotype.normal import normal, normalize
from nas.graph import Graph, Node
from nas.ops import Add, Concat, Op, Permute

Readings: TypeAlias = list[list[tuple[int, int]]]

VERSION = b"nas-genotype-1"  # changed only with what the hash means


def canonical_hash(genotype: Genotype) -> str:
    """64 hexadecimal digits, the same for isomorphic networks whatever their text; auxiliary
    heads count.

    Raises GenotypeError where the network can't be recorded.
    """
    return _digest(canonical(normal(genotype)))


@lru_cache(maxsize=256)
def canonical(network: Graph) -> bytes:
    """A text that two networks share exactly when they are isomorphic: every node with what it
    reads, in an order that their shape alone decides."""
    graph = normalize(_however_laid(network.flat()))
    if (flattened := _flattened(graph)) is not graph:
        graph = normalize(flattened)
    heads: dict[int, str] = defaultdict(str)
    for index, weight in sorted(graph.aux):
        heads[index] += f"aux {weight!r} "
    told = []
    for index, node in enumerate(graph.nodes):
        role = "output " if index == graph.output else ""
        told.append(f"{role}{heads.get(index, '')}{_described(node.item, node.spec.shape)}")
    members, inside = tuple(range(len(told))), _Order(graph)
    order = inside.of(members, inside.refined(members, list(map(_hash, told))))
    at = {index: number for number, index in enumerate(order)}
    lines = []
    for index in order:
        node = graph.nodes[index]
        reads = [at[i] for i in node.inputs]
        lines.append(f"{told[index]} of {sorted(reads) if node.item.commutes else reads}")
    return "\n".join(lines).encode()


@lru_cache(maxsize=1 << 14)
def _described(item: Op | Graph, shape: tuple[int, ...]) -> str:
    assert isinstance(item, Op)
    return f"{item!r} -> {shape}"


@lru_cache(maxsize=1 << 14)
def _hash(text: str) -> bytes:
    return hashlib.sha256(VERSION + text.encode()).digest()[:16]


def _digest(form: bytes) -> str:
    return hashlib.sha256(VERSION + form).hexdigest()


def _however_laid(graph: Graph) -> Graph:
    """Memory's order is no part of what a network is: each permute as a sum of one, which
    normalizing drops."""
    if not any(type(node.item) is Permute for node in graph.nodes):
        return graph
    nodes = tuple(
        Node(Add(), node.inputs, node.spec, node.path) if type(node.item) is Permute else node
        for node in graph.nodes
    )
    return Graph(graph.label, nodes, graph.output, graph.aux)


def _flattened(graph: Graph) -> Graph:
    """Sums whose result only another sum reads are part of that one; concatenations too, in
    place; the graph itself where there are none."""
    readers = Counter(i for node in graph.nodes for i in node.inputs)
    for index, _ in (*graph.aux, (graph.output, 0.0)):
        readers[index] += 1
    nodes, changed = list(graph.nodes), False
    for index, node in enumerate(nodes):
        if type(node.item) in (Add, Concat):
            terms: list[int] = []
            for i in node.inputs:
                inner = nodes[i].item == node.item and readers[i] == 1
                terms.extend(nodes[i].inputs if inner else (i,))
            if len(terms) > len(node.inputs):
                nodes[index] = node.reading(tuple(terms))
                changed = True
    if not changed:
        return graph
    return Graph(graph.label, tuple(nodes), graph.output, graph.aux)


def _mixed(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()[:16]


def _readings(graph: Graph) -> Readings:
    """For each node its readers and the place where they read it (0 where the order is free)."""
    reads: Readings = [[] for _ in graph.nodes]
    for index, node in enumerate(graph.nodes):
        ordered = not node.item.commutes
        for place, i in enumerate(node.inputs):
            reads[i].append((index, place if ordered else 0))
    return reads


class _Order:
    """The canonical order of nodes with colours: isomorphic sets come out in orders that map onto
    one another."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.reads = _readings(graph)

    def of(self, members: tuple[int, ...], colour: Sequence[bytes]) -> list[int]:
        """Those of unique colour by colour; what stays, component by component."""
        count = Counter(colour[i] for i in members)
        order = sorted((i for i in members if count[colour[i]] == 1), key=lambda i: colour[i])
        doubtful = [i for i in members if count[colour[i]] > 1]
        pieces = [self._piece(piece, colour) for piece in self._components(doubtful)]
        for piece in sorted(pieces, key=lambda piece: self._form(piece, colour)):
            order.extend(piece)
        return order

    def refined(self, members: Sequence[int], colours: Sequence[bytes]) -> list[bytes]:
        """The members' colours from both directions, repeated until no class splits any more."""
        colour = list(colours)
        classes = len({colour[i] for i in members})
        while classes < len(members):
            colour = self._upwards(members, self._downwards(members, colour))
            before, classes = classes, len({colour[i] for i in members})
            if classes == before:
                break
        return colour

    def _downwards(self, members: Sequence[int], colour: Sequence[bytes]) -> list[bytes]:
        """Each node coloured by its inputs' new colours: order counts unless the operation
        commutes."""
        new = list(colour)
        for index in members:
            node = self.graph.nodes[index]
            before = [new[i] for i in node.inputs]
            if node.item.commutes:
                before.sort()
            new[index] = _mixed(colour[index], *before)
        return new

    def _upwards(self, members: Sequence[int], colour: Sequence[bytes]) -> list[bytes]:
        """Each node coloured by its readers' new colours and the place where they read it."""
        new = list(colour)
        for index in reversed(members):
            after = [new[reader] + place.to_bytes(4, "big") for reader, place in self.reads[index]]
            new[index] = _mixed(colour[index], *sorted(after))
        return new

    def _piece(self, piece: tuple[int, ...], colour: Sequence[bytes]) -> list[int]:
        """One component: single out each member of its smallest class in turn, and take the order
        whose form is least."""
        count = Counter(colour[i] for i in piece)
        if 1 in count.values():
            return self.of(piece, colour)
        target = min((n, c) for c, n in count.items())[1]
        orders = []
        for chosen in (i for i in piece if colour[i] == target):
            marked = list(colour)
            marked[chosen] = _mixed(b"chosen", colour[chosen])
            orders.append(self.of(piece, self.refined(piece, marked)))
        return min(orders, key=lambda order: self._form(order, colour))

    def _form(self, order: Sequence[int], colour: Sequence[bytes]) -> bytes:
        """Colours and connections of nodes in an order: to one another by place in it, to others
        by colour."""
        at = {index: number for number, index in enumerate(order)}

        def end(i: int) -> bytes:
            return b"%d" % at[i] if i in at else colour[i]

        lines = []
        for index in order:
            node = self.graph.nodes[index]
            before = [end(i) for i in node.inputs]
            if node.item.commutes:
                before.sort()
            after = sorted(b"%d:" % place + end(i) for i, place in self.reads[index])
            lines.append(b" ".join([colour[index], *before, *after]))
        return b"\n".join(lines)

    def _components(self, members: Sequence[int]) -> list[tuple[int, ...]]:
        """Parts not connected with one another once all other nodes are gone."""
        inside, root = set(members), {i: i for i in members}

        def find(i: int) -> int:
            while root[i] != i:
                root[i] = root[root[i]]
                i = root[i]
            return i

        for i in members:
            for j in self.graph.nodes[i].inputs:
                if j in inside:
                    root[find(i)] = find(j)
        parts: dict[int, list[int]] = defaultdict(list)
        for i in members:
            parts[find(i)].append(i)
        return [tuple(part) for part in parts.values()]
