"""What a drawing shows: the rows of the main chain, and a panel for each distinct block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase

from nas.costs import Cost
from nas.genotype.expression import (
    Aux,
    Branches,
    Chain,
    Genotype,
    Image,
    Leaf,
    Named,
    Repeat,
    Row,
    Sum,
    Tie,
)
from nas.genotype.normal import compact
from nas.genotype.places import places
from nas.genotype.recording import graph
from nas.graph import Graph, Path
from nas.report.drawing.fold import (
    NO_CHOICES,
    PLACES,
    Choices,
    Fold,
    Leaves,
    Unit,
    Vertex,
)
from nas.report.drawing.label import Kind, Label, Values, label, merged, spelled
from nas.report.drawing.naming import block_label, ratio

LAYERS = (Kind.CONV, Kind.DEPTHWISE, Kind.LINEAR, Kind.POOL)
ONCE: Values = ("1",)
INLINE = 3  # boxes in one row that are told in a line, without a panel


@dataclass(frozen=True, slots=True)
class Stage:
    """A row of the main chain."""

    name: str
    parts: tuple[Vertex, ...]  # one after another
    times: Values  # copies; several where they are a choice
    panels: tuple[int, ...]  # where its insides are drawn
    shapes: tuple[Values, ...]  # of what comes out, the last one's first
    params: int
    macs: int
    reads: tuple[int, ...]  # earlier rows; -1 is none
    training: bool = False  # an auxiliary head


@dataclass(frozen=True, slots=True)
class Panel:
    """The inside of a block, with every value that its members have."""

    unit: Unit
    refers: tuple[tuple[int, ...], ...]  # for each box: the panels of its own inside


@dataclass(frozen=True, slots=True)
class Picture:
    """A network as rows and panels."""

    stages: tuple[Stage, ...]
    panels: tuple[Panel, ...]


def letter(panel: int) -> str:
    """A, B, ..., Z, AA, ..."""
    high, low = divmod(panel, 26)
    return (letter(high - 1) if high else "") + ascii_uppercase[low]


def picture(networks: Sequence[tuple[Genotype, Cost]], choices: Choices = NO_CHOICES) -> Picture:
    """Rows and panels of a network without choices; of several that differ in values, with all
    values. `choices` are the places of choices of expressions, by name, and their options."""
    units: dict[object, list[Unit]] = {}
    read = [_Reader(genotype, cost, choices, units) for genotype, cost in networks]
    rows = [_without_notes(reader.rows()) for reader in read]
    for known in units.values():
        known[:] = dict.fromkeys(known)
    _nested(units)
    numbers = {key: number for number, key in enumerate(units)}
    alike = [each for each in rows if len(each) == len(rows[0])]
    stages = [
        _stage(column, numbers, figures=len(networks) == 1 and not choices)
        for column in zip(*alike, strict=True)
    ]
    return Picture(tuple(stages), tuple(_panel(found, numbers) for found in units.values()))


def _stage(column: Sequence[Stage], numbers: dict[object, int], *, figures: bool) -> Stage:
    """One row of the same in several networks; `figures` where they hold for all."""
    first = next((row for row in column if any(part.units for part in row.parts)), column[0])
    words = [part.label.what for part in first.parts]
    column = [row for row in column if [part.label.what for part in row.parts] == words]
    parts = _joined([row.parts for row in column])
    times = tuple(dict.fromkeys(n for row in column for n in row.times))
    shapes = tuple(
        tuple(spelled(tuple(dict.fromkeys(side))) for side in zip(*shape, strict=True))
        for shape in zip(*(row.shapes for row in column), strict=False)
    )
    shown = [unit.key for part in parts for unit in part.units if unit.key in numbers]
    return replace(
        first,
        parts=parts,
        times=times,
        shapes=shapes,
        panels=tuple(dict.fromkeys(numbers[key] for key in shown)),
        params=first.params if figures else 0,
        macs=first.macs if figures else 0,
    )


class _Reader:
    def __init__(
        self,
        genotype: Genotype,
        cost: Cost,
        choices: Choices,
        units: dict[object, list[Unit]],  # figures by key, in order of first use
    ) -> None:
        self.graph = _written(genotype, cost)
        parts = genotype.items if isinstance(genotype, Chain) else (genotype,)
        self.parts = {
            name: part for part, name in zip(parts, places(parts), strict=True) if name is not None
        }
        self.leaves: Leaves = dict(_leaves(genotype, ()))
        self.fold = Fold(self.graph.nodes, self.leaves, PLACES, choices)
        self.units = units
        groups: dict[str, list[int]] = {}
        for index, node in enumerate(self.graph.nodes):
            groups.setdefault(node.path[0], []).append(index)
        self.groups = groups
        self.row = {i: n for n, members in enumerate(groups.values()) for i in members}
        self.readers: list[list[int]] = [[] for _ in self.graph.nodes]
        for index, node in enumerate(self.graph.nodes):
            for i in node.inputs:
                self.readers[i].append(index)
        self.used = set(self.graph.live(with_aux=False))
        self.results = {self.graph.output, *(index for index, _ in self.graph.aux)}
        self.called: dict[int, str] = {}
        for name, index in sorted(self.graph.names, key=lambda each: each[0].count(".")):
            self.called[index] = name.rpartition(".")[2]

    def rows(self) -> list[Stage]:
        """The main chain's, auxiliary heads last."""
        return [self.stage(name, members) for name, members in self.groups.items()]

    def stage(self, name: str, members: list[int]) -> Stage:
        params = sum(self.graph.nodes[m].total.params for m in members)
        macs = sum(self.graph.nodes[m].total.macs for m in members)
        copies = self.copies(name, members)
        if members[-1] not in self.used:
            return self.head(name, members, params, macs)
        chains = [self.sequence(name, copy) for copy in copies]
        parts, times = _joined(chains), len(chains)
        for vertex in parts:
            for unit in vertex.units:
                self.enter(unit)
        ends = sorted(self.ends(members), reverse=True)
        reads = sorted(
            {self.row[i] for m in members for i in self.graph.nodes[m].inputs}
            - {self.row[members[0]]}
        )
        shapes = [tuple(map(str, self.graph.nodes[i].spec.shape)) for i in ends]
        return Stage(name, parts, (str(times),), (), tuple(shapes), params, macs, tuple(reads))

    def head(self, name: str, members: list[int], params: int, macs: int) -> Stage:
        """An auxiliary head: always with a figure."""
        unit = self.fold.unit(members, {members[-1]}, label(Kind.BLOCK, "auxiliary head"), {})
        self.enter(unit)
        reads = {self.row[i] for m in members for i in self.graph.nodes[m].inputs}
        outer = tuple(reads - {self.row[members[0]]})
        parts = (Vertex(unit.title, (unit,)),)
        shapes = (tuple(map(str, self.graph.nodes[members[-1]].spec.shape)),)
        return Stage(name, parts, ONCE, (), shapes, params, macs, outer, True)

    def ends(self, members: Sequence[int]) -> set[int]:
        """Those of the nodes that others read."""
        here = set(members)
        found = {i for i in members if i in self.results or not here.issuperset(self.readers[i])}
        return found or {members[-1]}

    def copies(self, name: str, members: list[int]) -> list[list[int]]:
        """The nodes of each copy of a repeat; of what is none, all together."""
        part = _bare(self.parts.get(name))
        if not isinstance(part, Repeat | Row):
            return [members]
        found: dict[Path, list[int]] = {}
        for index in members:
            found.setdefault(self.graph.nodes[index].path[:2], []).append(index)
        return list(found.values())

    def sequence(self, name: str, members: list[int]) -> tuple[Vertex, ...]:
        """One copy as boxes in a row; where it isn't straight, as one box with a figure."""
        nodes = self.graph.nodes
        first = nodes[members[0]]
        if members == [0]:
            return (Vertex(label(Kind.INPUT, "image")),)
        chosen = any(place in self.fold.choices for place in first.path)
        if len(members) == 1 and isinstance(first.item, Graph) and not chosen:
            return self.opened(self.fold.block(first))
        ends = self.ends(members)
        part = _bare(self.parts.get(name))
        if isinstance(part, Repeat | Row):
            part = _bare(part.body if isinstance(part, Repeat) else part.copies[0])
        if isinstance(part, Leaf):
            reads = nodes[first.inputs[0]].spec if first.inputs else first.spec
            said = title = block_label(part, part.word, reads, nodes[max(ends)].spec)
        else:
            said, title = self.title(name, part, members)
        unit = self.fold.unit(members, ends, title, self.names(members, isinstance(part, Leaf)))
        joined = _joint(unit)
        if joined is not None:
            return (joined,)
        chain = unit.chain
        if chain is not None and len(chain) <= (1 if isinstance(part, Leaf) else INLINE):
            return chain
        return (Vertex(said, (unit,)),)

    def names(self, members: Sequence[int], cell: bool) -> dict[int, str]:
        """What the inputs of a figure are called, where it has several."""
        here = set(members)
        outer = {i for m in members for i in self.graph.nodes[m].inputs} - here
        if len(outer) < 2:
            return {}
        if cell:
            before = _main(self, members)
            return {i: "input" if i == before else "input before" for i in outer}
        return {i: self.called[i] for i in outer if i in self.called}

    def title(self, name: str, part: Genotype | None, members: list[int]) -> tuple[Label, Label]:
        """What a composite is called in its row, and above its figure: its name, and what it does
        with its branches."""
        inputs = self.graph.nodes[members[-1]].inputs
        whole = self.parts.get(name)
        called = whole.name if isinstance(whole, Named) else ""
        if isinstance(part, Branches | Sum):
            word = f"{len(part.items)} branches" + (" added" if isinstance(part, Sum) else "")
            sign = " | " if isinstance(part, Branches) else ""
            of = sign.join(str(self.graph.nodes[i].spec.channels) for i in inputs) if sign else ""
        else:
            word, of = part.name if isinstance(part, Tie) else "module", ""
        ends, here = self.ends(members), set(members)
        outer = {i for m in members for i in self.graph.nodes[m].inputs} - here
        facts: dict[str, object] = {}
        if len(ends) == 1 == len(outer):
            first, last = (self.graph.nodes[i].spec for i in (*outer, *ends))
            facts = {"stride": ratio(first, last), "width": "" if of else last.channels}
        title = label(Kind.BLOCK, word, name=called, **facts)
        return label(Kind.BLOCK, word, name=called, **facts, of=of), title

    def opened(self, vertex: Vertex) -> tuple[Vertex, ...]:
        """A block's box, or its few operations in a row."""
        unit = vertex.units[0] if vertex.units else None
        chain = unit.chain if unit is not None else None
        if chain is not None and not any(each.units for each in chain):
            layers = [each for each in chain if each.label.kind is not Kind.NORM]
            if len(layers) < INLINE:
                return chain
        return (vertex,)

    def enter(self, unit: Unit) -> None:
        self.units.setdefault(unit.key, []).append(unit)


def _nested(units: dict[object, list[Unit]]) -> None:
    """Figures of blocks inside those that are known."""
    waiting = [unit for found in units.values() for unit in found]
    for unit in waiting:  # which grows meanwhile
        for vertex in unit.vertices:
            for inner in vertex.units:
                known = units.setdefault(inner.key, [])
                if inner not in known:
                    known.append(inner)
                    waiting.append(inner)


def _panel(members: Sequence[Unit], numbers: dict[object, int]) -> Panel:
    first = members[0]
    vertices = tuple(
        Vertex(merged([each.label for each in column]), column[0].units)
        for column in zip(*(unit.vertices for unit in members), strict=True)
    )
    title = merged([unit.title for unit in members])
    refers = tuple(
        tuple(dict.fromkeys(numbers[unit.key] for unit in vertex.units)) for vertex in vertices
    )
    return Panel(Unit(title, vertices, first.edges), refers)


def _written(genotype: Genotype, cost: Cost) -> Graph:
    """The graph as it is written, without what nothing reads; the normalized one where there are
    zeros, which are nothing to see."""
    raw = graph(genotype)
    if any(node.item.gives_zero for node in raw.nodes):
        return cost.graph
    return compact(raw)


def _joint(unit: Unit) -> Vertex | None:
    """What a figure says that only joins its inputs: `concat of a, b`."""
    inner = [v for v in unit.vertices if v.label.kind not in (Kind.INPUT, Kind.OUTPUT)]
    if len(inner) != 1 or inner[0].label.kind is not Kind.JOIN:
        return None
    inputs = ", ".join(v.label.what for v in unit.vertices if v.label.kind is Kind.INPUT)
    return Vertex(label(Kind.JOIN, f"{inner[0].label.what} of {inputs}"))


def _main(reader: _Reader, members: Sequence[int]) -> int:
    """The input of a cell that isn't the one before the previous."""
    nodes = reader.graph.nodes
    for member in members:
        if "adjust" in nodes[member].path:
            return nodes[member].inputs[0]
    return nodes[members[0]].inputs[0]


def _joined(chains: Sequence[tuple[Vertex, ...]]) -> tuple[Vertex, ...]:
    """The copies of a repeat as one row."""
    first = chains[0]
    longest = max(chains, key=len)
    if any([v.label.what for v in each] != [v.label.what for v in first] for each in chains):
        return longest
    return tuple(
        Vertex(
            merged([vertex.label for vertex in column]),
            tuple({u.key: u for vertex in column for u in vertex.units}.values()),
        )
        for column in zip(*chains, strict=True)
    )


def _without_notes(rows: Sequence[Stage]) -> list[Stage]:
    """Without rows of norms and activations: they stand with the layer before, or else behind."""
    kept: list[Stage] = []
    moved: dict[int, int] = {}  # old place -> new
    waiting: list[Stage] = []
    for old, row in enumerate(rows):
        row = replace(row, reads=tuple(dict.fromkeys(moved[r] for r in row.reads)))
        if waiting:
            parts = (*_noted(waiting), *row.parts)
            row = replace(row, parts=parts, params=row.params + sum(w.params for w in waiting))
            waiting = []
        moved[old] = len(kept)
        if not _is_note(row) or row.reads != (len(kept) - 1,):
            kept.append(row)
            continue
        last, after = kept[-1], rows[old + 1] if old + 1 < len(rows) else None
        if last.parts[-1].label.kind in LAYERS and last.times == ONCE:
            moved[old] = len(kept) - 1
            kept[-1] = _with_notes(last, row)
        elif after is not None and after.times == ONCE and after.reads == (old,):
            moved[old] = len(kept) - 1
            waiting.append(row)
        else:
            kept.append(row)
    return kept


def _is_note(row: Stage) -> bool:
    kinds = {part.label.kind for part in row.parts}
    return kinds == {Kind.NORM} and row.times == ONCE and not row.training


def _with_notes(row: Stage, notes: Stage) -> Stage:
    """A layer's row with the norm and activation that stand behind it."""
    last = row.parts[-1]
    told = last.label
    for part in notes.parts:
        told = told.having("after", part.label.what)
    parts = (*row.parts[:-1], Vertex(told, last.units))
    return replace(row, parts=parts, params=row.params + notes.params, shapes=notes.shapes)


def _noted(rows: Sequence[Stage]) -> tuple[Vertex, ...]:
    """Rows of norms and activations as one box."""
    said = ", ".join(part.label.what for row in rows for part in row.parts)
    return (Vertex(label(Kind.NORM, said)),)


def _bare(part: Genotype | None) -> Genotype | None:
    """Without names and ties."""
    while isinstance(part, Named | Tie):
        part = part.body
    return part


def _leaves(part: Genotype, at: Path) -> Iterator[tuple[Path, Leaf]]:
    """Each block with its place in the recorded graph."""
    match part:
        case Leaf(values=values):
            yield at, part
            for name, value in values:
                if isinstance(value, Genotype):
                    yield from _leaves(value, (*at, name))
        case Chain(items=items):
            for item, place in zip(items, places(items), strict=True):
                yield from _leaves(item, at if place is None else (*at, place))
        case Repeat(body=body, times=times) if isinstance(times, int):
            for number in range(times):
                yield from _leaves(body, (*at, str(number)))
        case Row(copies=items) | Branches(items=items) | Sum(items=items):
            for number, item in enumerate(items):
                yield from _leaves(item, (*at, str(number)))
        case Named(body=body) | Tie(body=body) | Aux(head=body):
            yield from _leaves(body, at)
        case Image():
            return
