"""From recorded nodes to what a figure shows of them: a small graph of labelled boxes.

A layer takes the norm and activation behind it into its box, equal boxes in a row are one with its
count, and a block is one box with a figure of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TypeAlias

from nas.genotype.expression import Leaf
from nas.graph import Graph, Node, Path
from nas.ops import Concat, Op, Spec
from nas.report.drawing.label import Kind, Label, label, merged
from nas.report.drawing.naming import block_label
from nas.report.drawing.operations import Note, described

LAYER = re.compile(r"layer\d+")  # scopes that are one box: of a dense block's own graph,
PLACES = re.compile(r"adjust(_prev)?|choice__\d+")  # and in the network's
NONE = re.compile(r"(?!)")
LISTED = 5  # options that a box lists
LAYERS = 5  # of a dense block that are drawn; of more, the first ones and the last
Leaves: TypeAlias = Mapping[Path, Leaf]
Choices: TypeAlias = "Mapping[str, Options]"  # by the name of their place
NO_CHOICES: Choices = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Vertex:
    """A box: its label, and the figures of the blocks that it stands for (of copies in a row)."""

    label: Label
    units: tuple[Unit, ...] = ()

    @property
    def key(self) -> object:
        """Equal for boxes that one drawing can stand for."""
        if self.label.kind is Kind.INPUT:
            return Kind.INPUT
        return self.label.kind, self.label.what, tuple(each.key for each in self.units)


@dataclass(frozen=True)
class Unit:
    """A figure: boxes in order of execution, and from which to which edges go."""

    title: Label
    vertices: tuple[Vertex, ...]
    edges: tuple[tuple[int, int], ...]

    @cached_property
    def key(self) -> object:
        """Equal for figures that differ in facts only."""
        return self.title.what, tuple(each.key for each in self.vertices), self.edges

    @cached_property
    def chain(self) -> tuple[Vertex, ...] | None:
        """The boxes between input and output where they stand in one row; else None."""
        inner = [v for v in self.vertices if v.label.kind not in (Kind.INPUT, Kind.OUTPUT)]
        ends = len(self.vertices) - len(inner)
        if ends != 2 or len(self.edges) != len(inner) + 1:
            return None
        reads, gives = Counter(b for _, b in self.edges), Counter(a for a, _ in self.edges)
        straight = max(reads.values(), default=0) == 1 == max(gives.values(), default=0)
        return tuple(inner) if straight else None


@dataclass(slots=True)
class _Box:
    label: Label
    inputs: list[int]
    path: Path
    units: list[Unit] = field(default_factory=list)
    times: int = 1
    open: bool = False  # takes notes: a norm or an activation that only reads it


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a choice of expressions, each in a few words, and the choices in them."""

    said: tuple[str, ...]
    inner: tuple[Options, ...] = ()

    @property
    def short(self) -> bool:
        """Whether a box lists them; more have a figure of their own."""
        return len(self.said) <= LISTED


def choice(options: Options) -> Vertex:
    """A box that lists the options, or says how many."""
    inner = tuple(_listed(each) for each in options.inner)
    if options.short:
        return Vertex(label(Kind.CHOICE, "\n".join(options.said)), inner)
    return Vertex(label(Kind.CHOICE, f"one of {len(options.said)}"), (_listed(options),))


def _listed(options: Options) -> Unit:
    """The figure of a list."""
    title = label(Kind.CHOICE, f"{len(options.said)} options")
    inner = tuple(_listed(each) for each in options.inner)
    return Unit(title, (Vertex(label(Kind.CHOICE, "\n".join(options.said)), inner),), ())


def inside(graph: Graph, title: Label) -> Unit:
    """The figure of a block's own graph."""
    flat = graph.flat()
    fold = Fold(flat.nodes, {}, LAYER)
    return fold.unit(range(1, len(flat.nodes)), {flat.output}, title, {0: "input"})


class Fold:
    """Figures of parts of one recorded graph; a block's is made once."""

    def __init__(
        self,
        nodes: Sequence[Node],
        leaves: Leaves,
        scope: re.Pattern[str],
        choices: Choices = NO_CHOICES,
    ) -> None:
        self.nodes, self.leaves, self.scope, self.choices = nodes, leaves, scope, choices
        self.made: dict[tuple[int, Label], Unit] = {}

    def unit(
        self, members: Sequence[int], ends: set[int], title: Label, names: Mapping[int, str]
    ) -> Unit:
        """The figure of these nodes, of which `ends` are read elsewhere; `names` are those of
        inputs."""
        return _Unit(self, members, ends, names).finish(title)

    def specs(self, node: Node) -> tuple[Spec, ...]:
        """What a node reads."""
        return tuple(self.nodes[i].spec for i in node.inputs)

    def block(self, node: Node) -> Vertex:
        """A block as one box: of one operation that one's, else the block's with its figure."""
        assert isinstance(node.item, Graph)
        leaf = self.leaves.get(node.path)
        word = leaf.word if leaf is not None else node.item.label.lower()
        said = block_label(leaf, word, self.specs(node)[0], node.spec)
        key = (id(node.item), said)
        found = self.made.get(key)
        if found is None:
            found = self.made[key] = inside(node.item, said)
        if found.chain is not None and len(found.chain) == 1:
            return found.chain[0]
        return Vertex(said, (found,))


class _Unit:
    """One figure while it is made."""

    def __init__(
        self, fold: Fold, members: Sequence[int], ends: set[int], names: Mapping[int, str]
    ) -> None:
        self.fold, self.names, self.ends = fold, names, ends
        self.boxes: list[_Box] = []
        self.at: dict[int, int] = {}  # index of a node -> of the box that gives its output
        self.here = set(members)
        self.readers = Counter(i for m in members for i in fold.nodes[m].inputs)
        self.readers.update(ends & self.here)
        self.groups = self.scopes(members)
        done: set[int] = set()
        for index in members:
            if index not in done:
                group = self.groups.get(index, [index])
                done.update(group)
                if index in self.groups:
                    self.group(group)
                else:
                    self.node(index)

    def node(self, index: int) -> None:
        node = self.fold.nodes[index]
        inputs = [self.read(i) for i in node.inputs]
        if isinstance(node.item, Graph):
            vertex = self.fold.block(node)
            lone = not vertex.units
            if lone and vertex.label.kind is Kind.NORM and self.noted(node, vertex.label.head):
                self.at[index] = inputs[0]
                return
            self.add(index, vertex.label, inputs, list(vertex.units), open=lone)
            return
        assert isinstance(node.item, Op)
        said = described(node.item, self.fold.specs(node), node.spec)
        if said is None:
            self.at[index] = inputs[0]
        elif isinstance(said, Note):
            if self.noted(node, said.text):
                self.at[index] = inputs[0]
            else:
                self.add(index, label(Kind.NORM, said.text), inputs, open=True)
        else:
            self.add(index, said, inputs, open=said.kind not in (Kind.JOIN, Kind.SHAPE))

    def noted(self, node: Node, text: str) -> bool:
        """Whether the box before takes it: it is the only one that reads it."""
        box = self.boxes[self.at[node.inputs[0]]]
        if not box.open or self.readers[node.inputs[0]] > 1 or node.inputs[0] not in self.here:
            return False
        if box.label.kind is Kind.NORM:
            box.label = Label(Kind.NORM, f"{box.label.what}, {text}", box.label.facts)
        else:
            box.label = box.label.having("after", text)
        return True

    def read(self, index: int) -> int:
        """The box of an input; one from outside gets a box of its own."""
        if index not in self.at:
            spec = self.fold.nodes[index].spec
            said = label(
                Kind.INPUT,
                self.names.get(index, "input"),
                width=spec.channels,
                size="×".join(map(str, spec.size)),
            )
            self.at[index] = len(self.boxes)
            self.boxes.append(_Box(said, [], ("input",)))
        return self.at[index]

    def add(
        self,
        index: int,
        said: Label,
        inputs: list[int],
        units: list[Unit] | None = None,
        *,
        open: bool = False,
    ) -> None:
        path = self.fold.nodes[index].path
        self.at[index] = len(self.boxes)
        self.boxes.append(_Box(said, inputs, path, units or [], open=open))

    def group(self, members: list[int]) -> None:
        """Nodes of one scope as one box."""
        nodes, last = self.fold.nodes, members[-1]
        first, inner = nodes[members[0]], members
        if self.fold.scope is LAYER and isinstance(
            first.item, Concat
        ):  # a dense layer reads all before it: that is its input
            inner = members[1:]
        outer = [i for m in members for i in nodes[m].inputs if i not in set(members)]
        inputs = list(dict.fromkeys(self.read(i) for i in outer))
        reads = nodes[inner[0]].inputs[0]
        width = nodes[last].spec.channels
        chosen = next((name for name in first.path if name in self.fold.choices), None)
        if chosen is not None:
            vertex = choice(self.fold.choices[chosen])
            self.add(last, vertex.label, inputs, list(vertex.units))
            return
        if self.fold.scope is PLACES:
            how = "1×1 conv" if len(inner) <= 5 else "factorized"
            self.add(last, label(Kind.CONV, "adjust", width=width, how=how), inputs)
            return
        title = label(Kind.BLOCK, "layer", width=width)
        names = {reads: "all before"}
        unit = _Unit(Fold(nodes, {}, NONE), inner, {last}, names).finish(title)
        self.add(last, label(Kind.BLOCK, "layer", width=width), inputs, [unit])

    def scopes(self, members: Sequence[int]) -> dict[int, list[int]]:
        """The first node of each scope that is drawn as one box, with all its nodes."""
        found: dict[Path, list[int]] = {}
        for index in members:
            path = self.fold.nodes[index].path
            for depth, name in enumerate(path, 1):
                if self.fold.scope.fullmatch(name):
                    found.setdefault(path[:depth], []).append(index)
                    break
        return {indices[0]: indices for indices in found.values()}

    def finish(self, title: Label) -> Unit:
        """Rows of equal boxes as one, and the ends marked."""
        outputs = [(self.read(i), self.fold.nodes[i].spec) for i in sorted(self.ends)]
        made = [each for each in outputs if self.boxes[each[0]].label.kind is not Kind.INPUT]
        outputs = made or outputs[-1:]
        for box in self.boxes:
            if box.label.what == "+" and len(box.inputs) == 2 and len(set(box.inputs)) == 1:
                box.label = label(Kind.JOIN, "×2")  # the sum of a value and itself
        alias = _elided(self.boxes)
        readers = Counter(i for box in self.boxes for i in dict.fromkeys(box.inputs))
        readers.update(index for index, _ in outputs)
        for number, box in enumerate(self.boxes):
            if number in alias or len(box.inputs) != 1:
                continue
            before = _end(alias, box.inputs[0])
            other = self.boxes[before]
            if readers[box.inputs[0]] == 1 and _repeats(other, box):
                other.label = merged([other.label, box.label])
                other.units = list({u.key: u for u in (*other.units, *box.units)}.values())
                other.times += 1
                alias[number] = before
        kept = [
            i
            for i, box in enumerate(self.boxes)
            if i not in alias and (readers[i] or box.label.kind is not Kind.INPUT)
        ]
        place = {old: new for new, old in enumerate(kept)}
        vertices = [_vertex(self.boxes[i]) for i in kept]
        edges: dict[tuple[int, int], None] = {}
        for number, box in enumerate(self.boxes):
            for i in box.inputs:
                edge = (place[_end(alias, i)], place[_end(alias, number)])
                if edge[0] != edge[1]:
                    edges[edge] = None
        for index, spec in outputs:
            edges[place[_end(alias, index)], len(vertices)] = None
            said = label(
                Kind.OUTPUT, "output", width=spec.channels, size="×".join(map(str, spec.size))
            )
            vertices.append(Vertex(said))
        return Unit(title, tuple(vertices), tuple(edges))


def _vertex(box: _Box) -> Vertex:
    said = box.label
    if box.times > 1:
        said = Label(said.kind, said.what, (*said.facts, ("times", (str(box.times),))))
    return Vertex(said, tuple(box.units))


def _end(alias: Mapping[int, int], index: int) -> int:
    while index in alias:
        index = alias[index]
    return index


def _repeats(one: _Box, other: _Box) -> bool:
    """Whether the second box is drawn as another copy of the first."""
    if one.label.kind in (Kind.INPUT, Kind.JOIN) or one.label.what != other.label.what:
        return False
    copies = (
        one.path[:-1] == other.path[:-1] and one.path[-1].isdigit() and other.path[-1].isdigit()
    )
    return copies or (one.label == other.label and not one.units)


def _elided(boxes: Sequence[_Box]) -> dict[int, int]:
    """Of many numbered layers the middle ones as one box, which then says how many."""
    layers = [i for i, box in enumerate(boxes) if box.label.what == "layer"]
    if len(layers) <= LAYERS:
        return {}
    first, *rest = layers[3:-1]
    boxes[first].label = label(Kind.SHAPE, "⋯", more=f"{len(rest) + 1} more")
    boxes[first].units = []
    boxes[first].inputs = list(
        dict.fromkeys(i for box in layers[3:-1] for i in boxes[box].inputs if i < first)
    )
    for each in rest:
        boxes[each].inputs = []
    return dict.fromkeys(rest, first)
