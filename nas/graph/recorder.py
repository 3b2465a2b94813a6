"""The recorder: it writes nodes down in order and knows the place that is being recorded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence

from nas.errors import GenotypeError
from nas.graph.nodes import Graph, Node, Path
from nas.graph.settings import Settings
from nas.graph.value import Value
from nas.ops import (
    Input,
    Op,
    Spec,
)


class Inside:
    """An expression in a block's field: the genotype's, opaque to the block that holds it."""

    __slots__ = ()


class Surroundings(ABC):
    """What a block that holds expressions can ask of the network it stands in."""

    @abstractmethod
    def before(self, x: Value) -> Value:
        """What the step that made `x` read: of a chain, the output before the previous."""

    @abstractmethod
    def named(self, name: str, x: Value) -> Value:
        """The output of that name."""

    @abstractmethod
    def through(
        self, inside: Inside, x: Value, part: str, known: Mapping[str, Callable[[], Value]]
    ) -> Value:
        """`x` through an expression, as the part of that name, in a scope of names of its own.

        `known` are names in that scope; each is made only where the expression taps it.
        """


class Recorder:
    """Writes nodes down in order; knows the place (scope) that is being recorded."""

    surroundings: Surroundings | None = None  # while a block that holds expressions is recorded

    def __init__(self, label: str, spec: Spec) -> None:
        self.label = label
        self.nodes: list[Node] = [Node(Input(spec), (), spec, ("input",))]
        self.scope: Path = ()
        self._taken: dict[str, int] = {}  # how often each name was given in that scope
        self._scopes: dict[Path, dict[str, int]] = {self.scope: self._taken}

    def start(self, settings: Settings) -> Value:
        """The graph's input."""
        return Value(self, 0, self.nodes[0].spec, settings)

    def add(self, op: Op, inputs: Sequence[Value], name: str | None = None) -> Value:
        """The output of an operation on several values of this recorder; on one, `Value.then`."""
        inputs = _laid(op.lies, inputs)
        specs = tuple([value.spec for value in inputs])
        reads = tuple([value.index for value in inputs])
        return self.write(op, specs, reads, inputs[0].settings, name)

    def write(
        self,
        op: Op,
        specs: tuple[Spec, ...],
        reads: tuple[int, ...],
        settings: Settings,
        name: str | None,
    ) -> Value:
        """The output of an operation on the nodes `reads`; errors gain the place."""
        path = self.place(name or op.name)
        try:
            spec = op.infer(*specs)
        except GenotypeError as error:
            error.place = (*path, *error.place)
            raise
        index = len(self.nodes)
        self.nodes.append(Node(op, reads, spec, path, op.total(spec, *specs)))
        return Value(self, index, spec, settings)

    def splice(self, graph: Graph, x: Value, path: Path) -> Value:
        """The output of a block's graph applied to `x` at `path`."""
        index = len(self.nodes)
        self.nodes.append(Node(graph, (x.index,), graph.spec, path, graph.total))
        return Value(self, index, graph.spec, x.settings)

    def place(self, name: str) -> Path:
        """A place of that name in the scope at hand; the second one is `name2`."""
        self._taken[name] = count = self._taken.get(name, 0) + 1
        return (*self.scope, name if count == 1 else f"{name}{count}")

    def inside(self, scope: Path) -> Scope:
        """While it holds, nodes are placed in `scope`."""
        return Scope(self, scope)

    def enter(self, scope: Path) -> Path:
        """Nodes are placed in `scope` from here on; gives the scope that was left."""
        before, self.scope = self.scope, scope
        self._taken = self._scopes.setdefault(scope, {})
        return before

    def finish(
        self,
        output: Value,
        aux: Iterable[tuple[Value, float]] = (),
        names: Iterable[tuple[str, Value]] = (),
    ) -> Graph:
        """What was recorded."""
        return Graph(
            self.label,
            tuple(self.nodes),
            output.index,
            tuple([(value.index, weight) for value, weight in aux]),
            tuple([(name, value.index) for name, value in names]),
        )


def _laid(lies: str, inputs: Sequence[Value]) -> Sequence[Value]:
    """The inputs with their channels first or last in memory as an operation wants them; where it
    wants them only alike, last if any are."""
    if lies == "any":
        lie = {value.spec.last for value in inputs if value.spec.size}
        if len(lie) < 2:
            return inputs
        lies = "last"
    last = lies == "last"
    for value in inputs:
        if value.spec.last != last and value.spec.size:
            return [value.laid(last) for value in inputs]
    return inputs


class Scope:
    """A place: nodes recorded while it holds lie in it."""

    __slots__ = ("_path", "_recorder")

    def __init__(self, recorder: Recorder, path: Path) -> None:
        self._recorder, self._path = recorder, path

    def __enter__(self) -> None:
        self._path = self._recorder.enter(self._path)

    def __exit__(self, *details: object) -> None:
        self._path = self._recorder.enter(self._path)
