"""From a graph to the text of `forward`: straight-line code, one class a scope, nothing
interpreted when it runs.

A network's nodes lie at paths; each path prefix is a module. The classes hold no numbers of the
network: layers are
made from the operations and set as attributes, so that equal `forward`s are one class.
"""

from __future__ import annotations

import keyword
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from nas.graph import Graph, Node
from nas.ops import Add, Layer, Op

TAKEN = frozenset({"F", "Output", "Network", "Generated"})  # names that generated code reads


@dataclass(slots=True)
class Scope:
    """One module to be: its parts in order of execution, what it reads and what it gives."""

    label: str
    parts: dict[str, Scope | Layer] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    calls: list[tuple[str, list[int], list[int]]] = field(default_factory=list)
    forward: str = ""
    plain: bool = False  # one part after another: torch's own Sequential does


def member(name: str) -> str:
    """How a part is written in code: `self.conv`, or by subscript where the name is no
    identifier."""
    usable = name.isidentifier() and not keyword.iskeyword(name)
    return f"self.{name}" if usable else f'self._modules["{name}"]'


@dataclass(frozen=True, slots=True)
class _Step:
    """A node with what is left of its path in the scope at hand."""

    index: int
    node: Node
    rest: tuple[str, ...]


@lru_cache(maxsize=4096)
def outline(graph: Graph) -> Scope:
    """The tree of modules of a network's graph, each with its `forward`."""
    steps = [_Step(i, node, node.path) for i, node in enumerate(graph.nodes) if i]
    heads = {index for index, _ in graph.aux}
    main = _together(graph, set(graph.live(with_aux=False))) if heads else range(len(graph.nodes))
    return _Writer(graph).scope(
        graph.label,
        [step for step in steps if step.index in main],
        [0],
        [graph.output],
        [step for step in steps if step.index not in main],
        [index for index, _ in graph.aux] if heads else [],
    )


def reading(graph: Graph, inputs: int) -> Scope:
    """The module of a part of a network: the first `inputs` nodes of its graph are what it reads,
    one argument each."""
    steps = [_Step(i, node, node.path) for i, node in enumerate(graph.nodes) if i >= inputs]
    return _Writer(graph).scope(graph.label, steps, list(range(inputs)), [graph.output])


def _together(graph: Graph, main: set[int]) -> set[int]:
    """With the nodes that share a module with one of `main`: a module is called once, so what only
    an auxiliary head reads there is done in eval too."""
    while True:
        modules = {graph.nodes[index].path[0] for index in main if index}
        wanted = {index for index, node in enumerate(graph.nodes) if node.path[0] in modules}
        for index in range(len(graph.nodes) - 1, 0, -1):
            if index in wanted:
                wanted.update(graph.nodes[index].inputs)
        if wanted <= main:
            return main
        main |= wanted


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.readers = Counter(index for node in graph.nodes for index in node.inputs)
        self.readers.update([graph.output, *(index for index, _ in graph.aux)])

    def scope(
        self,
        label: str,
        steps: Sequence[_Step],
        inputs: list[int],
        outputs: list[int],
        training: Sequence[_Step] = (),
        aux: Sequence[int] = (),
    ) -> Scope:
        """A module that turns the values `inputs` into the values `outputs`."""
        made = Scope(label, inputs=inputs, outputs=outputs)
        heads = [index for step in training for index in step.node.inputs]
        names = _Names(inputs, self._last_use(steps, [*outputs, *heads, *aux]))
        self._write(made, steps, names, "        ")
        if aux:
            made.lines.append("        if self.training:")
            self._write(made, training, names, "            ")
            side = ", ".join(names[index] for index in aux)
            made.lines.append(f"            return Output({names[outputs[0]]}, ({side},))")
        made.lines.append(f"        return {', '.join(names[index] for index in outputs)}")
        arguments = ", ".join(names.first(index) for index in inputs)
        made.forward = f"    def forward(self, {arguments}):\n" + "\n".join(made.lines) + "\n"
        made.plain = not aux and _plain(made, self.graph)
        return made

    def _last_use(self, steps: Sequence[_Step], kept: Sequence[int]) -> dict[int, int]:
        """The step that reads a value last; what is `kept` outlives all steps."""
        last = {index: step.index for step in steps for index in step.node.inputs}
        last.update(dict.fromkeys(kept, len(self.graph.nodes)))
        return last

    def _write(self, made: Scope, steps: Sequence[_Step], names: _Names, indent: str) -> None:
        for group in _groups(steps):
            first = group[0]
            if len(first.rest) > 1:
                self._write_part(made, group, names, indent)
                continue
            node, name = first.node, first.rest[0]
            reads = [names[index] for index in node.inputs]
            if isinstance(node.item, Graph):
                made.parts[name] = outline(node.item)
                made.calls.append((name, list(node.inputs), [first.index]))
                code = f"{member(name)}({', '.join(reads)})"
            else:
                layer = node.item.layer(*self.graph.specs(node))
                made.calls.append((name if layer else "", list(node.inputs), [first.index]))
                if layer:
                    made.parts[name] = layer
                code = self._code(node, reads, member(name))
            made.lines.append(f"{indent}{names.bind(first.index)} = {code}")

    def _write_part(self, made: Scope, group: Sequence[_Step], names: _Names, indent: str) -> None:
        inside = {step.index for step in group}
        reads = list(
            dict.fromkeys(i for step in group for i in step.node.inputs if i not in inside)
        )
        within = Counter(index for step in group for index in step.node.inputs)
        gives = [index for index in sorted(inside) if self.readers[index] > within[index]]
        name = group[0].rest[0]
        assert name not in made.parts, f"{name} is written twice"
        steps = [_Step(step.index, step.node, step.rest[1:]) for step in group]
        made.parts[name] = self.scope(_label(name), steps, reads, gives)
        made.calls.append((name, reads, gives))
        call = f"{member(name)}({', '.join(names[index] for index in reads)})"
        made.lines.append(f"{indent}{', '.join(names.bind(index) for index in gives)} = {call}")

    def _code(self, node: Node, reads: list[str], me: str) -> str:
        """The node's expression, overwriting its first input where nobody else needs it."""
        assert isinstance(node.item, Op)
        if len(node.inputs) == 1 and self._mine(node.inputs[0]):
            return node.item.in_place(reads, me) or node.item.code(reads, me)
        if isinstance(node.item, Add):
            for place, index in enumerate(node.inputs):
                if self._mine(index) and node.inputs.count(index) == 1:
                    first = [reads[place], *reads[:place], *reads[place + 1 :]]
                    return node.item.in_place(first, me) or node.item.code(reads, me)
        return node.item.code(reads, me)

    def _mine(self, index: int) -> bool:
        """Whether a value was made here, is read once, and its maker's backward can do without
        it."""
        maker = self.graph.nodes[index].item
        return (
            index != 0 and self.readers[index] == 1 and isinstance(maker, Op) and maker.overwritable
        )


class _Names:
    """Variables of one `forward`: `x` while one value follows another, other letters for what is
    kept beside it."""

    def __init__(self, inputs: Sequence[int], last_use: dict[int, int]) -> None:
        self.last_use = last_use
        self.held = dict(zip(inputs, _letters(), strict=False))
        self.at_start = self.held

    def bind(self, index: int) -> str:
        """A variable for the value: one whose value isn't read any more, else a new one."""
        last = self.last_use
        self.held = {i: name for i, name in self.held.items() if last.get(i, -1) > index}
        busy = self.held.values()
        name = self.held[index] = next(name for name in _letters() if name not in busy)
        return name

    def first(self, index: int) -> str:
        return self.at_start[index]

    def __getitem__(self, index: int) -> str:
        return self.held[index]


def _letters() -> Iterator[str]:
    yield from "xyzuvwabcdefghijkmnopqrst"
    number = 1
    while True:
        yield f"x{number}"
        number += 1


def _groups(steps: Sequence[_Step]) -> Iterator[list[_Step]]:
    """Neighbouring steps in one part of the scope."""
    group: list[_Step] = []
    for step in steps:
        if group and (
            len(step.rest) == 1 or len(group[0].rest) == 1 or step.rest[0] != group[0].rest[0]
        ):
            yield group
            group = []
        group.append(step)
    if group:
        yield group


def _label(name: str) -> str:
    """A class's name: `mbconv2` -> `Mbconv2`, `3a` -> `Part3a`, a copy of a repeat -> `Part`."""
    if name.isdigit():
        return "Part"
    words = "".join(word[:1].upper() + word[1:] for word in name.split("_"))
    usable = words.isidentifier() and not keyword.iskeyword(words) and words not in TAKEN
    return words if usable else f"Part{words}"


def _plain(scope: Scope, graph: Graph) -> bool:
    """Whether each part reads just what the one before gave, and everything is a part."""
    if len(scope.inputs) != 1 or len(scope.outputs) != 1:
        return False
    at = scope.inputs[0]
    for name, reads, gives in scope.calls:
        if not name or reads != [at] or len(gives) != 1:
            return False
        at = gives[0]
    return at == scope.outputs[0] and len({name for name, _, _ in scope.calls}) == len(scope.calls)
