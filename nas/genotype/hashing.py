"""The canonical hash: equal exactly for isomorphic networks, in every process and version.

The normalized graph's operations are coloured by what they are, what they read and who reads
them, until nothing
changes. What then still looks alike is taken apart: remove all nodes of unique colour, and what
stays falls into
components that each get a canonical form of their own; equal components may change places, so
their order is free.
This tells a value used twice from two equal copies, which hashing from inputs alone can't.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache

from nas.genotype.expression import Genotype
from nas.genotype.normal import normal, normalize
from nas.graph import Graph, Node
from nas.ops import Add, Op

VERSION = b"nas-genotype-1"  # changed only with what the hash means


def canonical_hash(genotype: Genotype) -> str:
    """64 hexadecimal digits, the same for isomorphic networks whatever their text; auxiliary
    heads count.

    Raises GenotypeError where the network can't be recorded.
    """
    return _digest(canonical(normal(genotype)))


@lru_cache(maxsize=256)
def canonical(network: Graph) -> bytes:
    """A text that two networks share exactly when they are isomorphic."""
    graph = normalize(_flat_sums(normalize(network.flat())))
    heads = {index: f"aux {weight!r}" for index, weight in graph.aux}
    colours = []
    for index, node in enumerate(graph.nodes):
        role = "output " if index == graph.output else ""
        colours.append(_hash(f"{role}{heads.get(index, '')}{_describe(node)}"))
    return _Form(graph).of(tuple(range(len(graph.nodes))), _refined(graph, colours))


@lru_cache(maxsize=1 << 14)
def _written(op: Op) -> str:
    return repr(op)


def _describe(node: Node) -> str:
    assert isinstance(node.item, Op)
    return f"{_written(node.item)} -> {node.spec.shape}"


def _hash(text: str) -> bytes:
    return hashlib.sha256(VERSION + text.encode()).digest()[:16]


def _digest(form: bytes) -> str:
    return hashlib.sha256(VERSION + form).hexdigest()


def _flat_sums(graph: Graph) -> Graph:
    """Sums whose result only another sum reads are part of that one."""
    readers = Counter(i for node in graph.nodes for i in node.inputs)
    for index, _ in (*graph.aux, (graph.output, 0.0)):
        readers[index] += 1
    nodes = list(graph.nodes)
    for index, node in enumerate(nodes):
        if isinstance(node.item, Add):
            terms: list[int] = []
            for i in node.inputs:
                inner = isinstance(nodes[i].item, Add) and readers[i] == 1
                terms.extend(nodes[i].inputs if inner else (i,))
            nodes[index] = node.reading(tuple(terms))
    return Graph(graph.label, tuple(nodes), graph.output, graph.aux)


def _refined(graph: Graph, colours: Sequence[bytes]) -> list[bytes]:
    """Colours from both directions, repeated until no class splits any more."""
    colour = list(colours)
    classes = 0
    while (now := len(set(colour))) != classes:
        classes = now
        if now == len(colour):
            break
        colour = _upwards(graph, _downwards(graph, colour))
    return colour


def _downwards(graph: Graph, colour: Sequence[bytes]) -> list[bytes]:
    """Each node coloured by its inputs' new colours: order counts unless the operation commutes."""
    new: list[bytes] = []
    for index, node in enumerate(graph.nodes):
        before = [new[i] for i in node.inputs]
        if node.item.commutes:
            before.sort()
        new.append(hashlib.sha256(b"".join([colour[index], *before])).digest()[:16])
    return new


def _upwards(graph: Graph, colour: Sequence[bytes]) -> list[bytes]:
    """Each node coloured by its readers' new colours and the place where they read it."""
    reads: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for index, node in enumerate(graph.nodes):
        ordered = not (node.item.commutes)
        for place, i in enumerate(node.inputs):
            reads[i].append((index, place if ordered else 0))
    new = list(colour)
    for index in range(len(graph.nodes) - 1, -1, -1):
        after = sorted(new[reader] + place.to_bytes(4, "big") for reader, place in reads[index])
        new[index] = hashlib.sha256(b"".join([colour[index], *after])).digest()[:16]
    return new


class _Form:
    """The canonical form of a set of nodes with colours."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def of(self, members: tuple[int, ...], colour: Sequence[bytes]) -> bytes:
        """Equal for two coloured sets exactly when one maps onto the other."""
        count = Counter(colour[i] for i in members)
        single = [i for i in members if count[colour[i]] == 1]
        doubtful = [i for i in members if count[colour[i]] > 1]
        order = sorted(single, key=lambda i: colour[i])
        if not doubtful:
            return self._write(order, colour)
        pieces = self._components(doubtful)
        if len(pieces) > 1 or single:
            inner = sorted(self._piece(piece, colour) for piece in pieces)
            return self._write(order, colour) + b"{" + b"|".join(inner) + b"}"
        return self._split(members, colour)

    def _piece(self, piece: tuple[int, ...], colour: Sequence[bytes]) -> bytes:
        """One component: single out a member of its smallest class; of all ways the least."""
        count = Counter(colour[i] for i in piece)
        if max(count.values()) == 1:
            return self._write(sorted(piece, key=lambda i: colour[i]), colour)
        return self._split(piece, colour)

    def _split(self, members: tuple[int, ...], colour: Sequence[bytes]) -> bytes:
        count = Counter(colour[i] for i in members)
        target = min((n, c) for c, n in count.items() if n > 1)[1]
        inside = set(members)
        forms = []
        for chosen in (i for i in members if colour[i] == target):
            marked = list(colour)
            marked[chosen] = hashlib.sha256(b"chosen" + colour[chosen]).digest()[:16]
            refined = _refined(
                self.graph, [c if i in inside else colour[i] for i, c in enumerate(marked)]
            )
            forms.append(self.of(members, refined))
        return min(forms)

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

    def _write(self, order: Sequence[int], colour: Sequence[bytes]) -> bytes:
        return b"".join(colour[i] for i in order)
