"""Recording: a tensor that doesn't exist yet (`Value`) writes down what is done to it (`Graph`).

A block's body is recorded once for each (block, input, settings) into a graph of operations; a
network is a graph
whose nodes are such graphs and the operations between them. Both are the same class: `flat()`
opens them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, TypeAlias, cast

from nas.errors import GenotypeError
from nas.ops import (
    Activate,
    AdaptivePool,
    Add,
    AddScaled,
    Attend,
    BatchNorm,
    ClassToken,
    Concat,
    Conv,
    Dropout,
    DropPath,
    Flatten,
    GlobalPool,
    Input,
    LayerNorm,
    LayerScale,
    Linear,
    LocalResponseNorm,
    Multiply,
    Op,
    Pad,
    Pair,
    Permute,
    Pool,
    PoolTokens,
    Positions,
    QueryKeyValue,
    Scale,
    ScaledConv,
    SkipGain,
    SpaceToDepth,
    Spec,
    Tokens,
    ToMap,
    Zero,
    fitted,
    pair,
)

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """What `default(...)` says for the blocks after it; None leaves the choice to the block."""

    act: str | None = None
    norm: str | None = None  # "batch", "layer" or "none"
    eps: float | None = None
    momentum: float | None = None
    gain: str | None = None  # "act" or "weights": where an activation's lost variance is restored
    padding: str | None = (
        None  # "half": kernel // 2 on each side; "same": as TensorFlow; "valid": none
    )
    drop_path: float | None = None  # of the block at hand; the recorder lets it grow with depth

    def updated(self, values: Iterable[tuple[str, object]]) -> Settings:
        """These settings with some of them changed."""
        return replace(self, **cast(dict[str, Any], dict(values)))


@dataclass(frozen=True, slots=True)
class Total:
    """Sums over a graph: learned numbers, multiply-accumulates, and elements put out by layers
    with MACs."""

    params: int = 0
    macs: int = 0
    activations: int = 0


FREE = Total()


@dataclass(frozen=True, slots=True)
class Node:
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
        used = self.live(with_aux=False) if self.aux else range(len(self.nodes))
        params = macs = activations = 0
        for index in used:
            one = self.nodes[index].total
            params += one.params
            macs += one.macs
            activations += one.activations
        return Total(params, macs, activations)

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
        inside = any(node.item.gives_zero for node in self.nodes)
        return inside and self.output in self._zeros(set())

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
                    inputs = tuple(place[i] for i in part.inputs)
                    nodes.append(part.reading(inputs, node.path + part.path))
                at.append(place[inner.output])
            else:
                at.append(len(nodes))
                nodes.append(node.reading(tuple(at[i] for i in node.inputs)))
        aux = tuple((at[index], weight) for index, weight in self.aux)
        names = tuple((name, at[index]) for name, index in self.names)
        return Graph(self.label, tuple(nodes), at[self.output], aux, names)


def _nested(graph: Graph) -> bool:
    return any(isinstance(node.item, Graph) for node in graph.nodes)


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
        self._taken: dict[Path, int] = {}

    def start(self, settings: Settings) -> Value:
        """The graph's input."""
        return Value(self, 0, self.nodes[0].spec, settings)

    def add(self, op: Op, inputs: Sequence[Value], name: str | None = None) -> Value:
        """The output of an operation on values of this recorder; errors gain the place."""
        inputs = _laid(op.lies, inputs)
        specs = [value.spec for value in inputs]
        path = self.place(name or op.name)
        try:
            spec = op.infer(*specs)
        except GenotypeError as error:
            error.place = (*path, *error.place)
            raise
        params, macs = op.params(*specs), op.macs(spec, *specs)
        total = Total(params, macs, spec.elements if macs else 0) if params or macs else FREE
        return self._append(
            Node(op, tuple([value.index for value in inputs]), spec, path, total), inputs
        )

    def splice(self, graph: Graph, x: Value, path: Path) -> Value:
        """The output of a block's graph applied to `x` at `path`."""
        return self._append(Node(graph, (x.index,), graph.spec, path, graph.total), (x,))

    def _append(self, node: Node, inputs: Sequence[Value]) -> Value:
        self.nodes.append(node)
        return Value(self, len(self.nodes) - 1, node.spec, inputs[0].settings)

    def place(self, name: str) -> Path:
        """A place of that name in the scope at hand; the second one is `name2`."""
        path = (*self.scope, name)
        count = self._taken.get(path, 0) + 1
        self._taken[path] = count
        return path if count == 1 else (*self.scope, f"{name}{count}")

    @contextmanager
    def inside(self, scope: Path) -> Iterator[None]:
        """While it holds, nodes are placed in `scope`."""
        before, self.scope = self.scope, scope
        try:
            yield
        finally:
            self.scope = before

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
            tuple((value.index, weight) for value, weight in aux),
            tuple((name, value.index) for name, value in names),
        )


def _laid(lies: str, inputs: Sequence[Value]) -> Sequence[Value]:
    """The inputs with their channels first or last in memory as an operation wants them; where it
    wants them only alike, last if any are."""
    if lies == "any":
        lie = {value.spec.last for value in inputs if value.spec.size}
        if len(lie) < 2:
            return inputs
        lies = "last"
    return [value.laid(lies == "last") for value in inputs]


@contextmanager
def located(path: Path) -> Iterator[None]:
    """Errors from inside begin with the place: `stage.0.depthwise: ...`."""
    try:
        yield
    except GenotypeError as error:
        error.place = (*path, *error.place)
        raise


class Value:
    """A tensor that doesn't exist yet: a spec, where it came from, and the settings that hold for
    it."""

    __slots__ = ("index", "recorder", "settings", "spec")

    def __init__(self, recorder: Recorder, index: int, spec: Spec, settings: Settings) -> None:
        self.recorder, self.index, self.spec, self.settings = recorder, index, spec, settings

    @property
    def channels(self) -> int:
        """Channels of a map or of tokens, length of a vector."""
        return self.spec.channels

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, height, width), (channels, count) or (channels,)."""
        return self.spec.shape

    def laid(self, last: bool) -> Value:
        """The same tensor with its channels last in memory, or first; the recorder's own call."""
        if self.spec.last == last or not self.spec.size:
            return self
        node = self.recorder.nodes[self.index]
        if isinstance(node.item, Permute):
            (before,) = node.inputs
            spec = self.recorder.nodes[before].spec
            return Value(self.recorder, before, spec, self.settings)
        return self.recorder.add(Permute(last, len(self.spec.size)), (self,))

    def conv(
        self,
        out: int,
        kernel: int | Pair = 1,
        stride: int | Pair = 1,
        *,
        padding: int | Pair | str | None = None,
        groups: int = 1,
        dilation: int | Pair = 1,
        bias: bool = False,
        name: str | None = None,
    ) -> Value:
        """(C, H, W) -> (out, H', W'). `padding` is pixels on each side, "half", "same" or
        "valid"."""
        k, s, d = pair(kernel), pair(stride), pair(dilation)
        x, border = self._padded(padding, k, s, d)
        return self.recorder.add(Conv(out, k, s, border, groups, bias, d), (x,), name)

    def _padded(
        self, padding: int | Pair | str | None, k: Pair, s: Pair, d: Pair
    ) -> tuple[Value, Pair]:
        """This value with an uneven border added where "same" wants one, and the even border left
        to the op."""
        before, after = self._border(padding, k, s, d)
        if before == after:
            return self, before
        return self.pad(before, after), (0, 0)

    def _border(
        self, padding: int | Pair | str | None, k: Pair, s: Pair, d: Pair
    ) -> tuple[Pair, Pair]:
        """Pixels at the top and left, and at the bottom and right."""
        how = padding if padding is not None else (self.settings.padding or "half")
        if not isinstance(how, str):
            return pair(how), pair(how)
        reach = [dilation * (side - 1) + 1 for dilation, side in zip(d, k, strict=True)]
        if how == "valid":
            return (0, 0), (0, 0)
        if how == "half":
            half = ((reach[0] - 1) // 2, (reach[1] - 1) // 2)
            return half, half
        total = [
            max(0, (-(-side // step) - 1) * step + extent - side)
            for side, step, extent in zip(self.spec.map, s, reach, strict=True)
        ]
        before = (total[0] // 2, total[1] // 2)
        return before, (total[0] - before[0], total[1] - before[1])

    def norm(
        self, usual: str = "batch", *, kind: str | None = None, name: str | None = None
    ) -> Value:
        """The same shape, normalised by `kind`, else as the settings say, else as `usual`:
        "batch", "layer" or "none"."""
        kind = kind or self.settings.norm or usual
        if kind == "none":
            return self
        small = 1e-6 if kind == "layer" else 1e-5
        eps = small if self.settings.eps is None else self.settings.eps
        momentum = 0.1 if self.settings.momentum is None else self.settings.momentum
        producer = self.recorder.nodes[self.index]
        if name is None and isinstance(producer.item, Conv) and producer.path[-1] != Conv.name:
            name = f"{producer.path[-1]}_norm"
        if kind == "layer":
            return self.recorder.add(LayerNorm(eps), (self,), name)
        return self.recorder.add(BatchNorm(eps, momentum), (self,), name)

    def act(self, kind: str, *, name: str | None = None) -> Value:
        """The same shape through an activation; unchanged for "none"."""
        return self if kind == "none" else self.recorder.add(Activate(kind), (self,), name)

    def linear(self, out: int, *, bias: bool = True, name: str | None = None) -> Value:
        """(C,) -> (out,)."""
        return self.recorder.add(Linear(out, bias), (self,), name)

    def pointwise(self, out: int, *, bias: bool = True, name: str | None = None) -> Value:
        """(C, H, W) -> (out, H, W), (C, N) -> (out, N): a linear layer on each pixel or token."""
        return self.recorder.add(Linear(out, bias, each=True), (self,), name)

    def attention(
        self,
        heads: int,
        *,
        out: int | None = None,
        width: int | None = None,
        window: int | Pair | None = None,
        shift: int | Pair = 0,
        bias: str = "none",
        interleaved: bool = False,
        cosine: bool = False,
        key_bias: bool = False,
    ) -> Value:
        """(C, H, W) -> (out, H, W), (C, N) -> (out, N): queries, keys and values, attention, a
        projection, in a scope of the name "attn".

        A head is as wide as `heads` of them best fill `width` (else `out`, else C). A window larger
        than the map is the map; a map that windows don't fill gets a border for as long as this
        lasts.
        `cosine` is Swin V2's attention: no key bias, or with `key_bias` torchvision's idle one.
        """
        out, y = out or self.channels, self
        inner = heads * max(1, round((width or out) / heads))
        within, border = pair(window) if window else None, (0, 0)
        if len(self.spec.size) == 2 and (window or bias != "none"):
            within, border = fitted(self.spec.map, within)
        with self.at("attn"):
            if border != (0, 0):
                y = self.recorder.add(Pad((0, 0), border), (self,))
            if cosine:
                y = self.recorder.add(QueryKeyValue(inner, key_bias), (y,), "qkv")
            else:
                y = y.pointwise(3 * inner, name="qkv")
            attend = Attend(heads, within, pair(shift), bias, cosine, interleaved)
            y = self.recorder.add(attend.on(y.spec), (y,)).pointwise(out, name="proj")
            if border != (0, 0):
                y = self.recorder.add(Pad((0, 0), (-border[0], -border[1])), (y,))
        return y

    def scaled_conv(
        self,
        out: int,
        kernel: int | Pair = 1,
        stride: int | Pair = 1,
        *,
        padding: int | Pair | str | None = None,
        groups: int = 1,
        factor: float = 1.0,
        begin: float = 1.0,
        name: str | None = None,
    ) -> Value:
        """(C, H, W) -> (out, H', W'): a convolution with a bias and standardised filters, times a
        learned gain that begins at `begin`, and `factor`."""
        k, s = pair(kernel), pair(stride)
        x, border = self._padded(padding, k, s, (1, 1))
        conv = Conv(out, k, s, border, groups, bias=True)
        return self.recorder.add(ScaledConv(conv, factor, begin), (x,), name)

    def scale(self, factor: float) -> Value:
        """The same shape, times a constant; unchanged for 1."""
        return self if factor == 1 else self.recorder.add(Scale(factor), (self,))

    def skip_gain(self) -> Value:
        """The same shape, times one learned number that begins at zero."""
        return self.recorder.add(SkipGain(), (self,))

    def add_scaled(self, branch: Value, alpha: float) -> Value:
        """This value plus `alpha` times a branch of expected variance 1."""
        return self.recorder.add(AddScaled(alpha), (self, branch))

    def layer_scale(self, start: float) -> Value:
        """The same shape, each channel times a learned number; unchanged for a start of 0."""
        return self.recorder.add(LayerScale(start), (self,)) if start else self

    def tokens(self) -> Value:
        """(C, H, W) -> (C, H * W); tokens stay."""
        return self if len(self.spec.size) == 1 else self.recorder.add(Tokens(), (self,))

    def to_map(self, size: int | Pair) -> Value:
        """(C, H * W) -> (C, H, W)."""
        return self.recorder.add(ToMap(pair(size)), (self,))

    def class_token(self) -> Value:
        """(C, N) -> (C, N + 1): a learned token before all others."""
        return self.recorder.add(ClassToken(), (self,))

    def positions(self) -> Value:
        """The same shape with a learned position table added."""
        return self.recorder.add(Positions(), (self,))

    def gather(self) -> Value:
        """(C, H, W) -> (4 * C, ceil(H / 2), ceil(W / 2)): each 2x2 window as one pixel."""
        return self.recorder.add(SpaceToDepth(), (self,))

    def pool(
        self,
        kind: str,
        kernel: int | Pair,
        stride: int | Pair,
        *,
        padding: int | Pair | str | None = None,
        ceil: bool = False,
        count_pad: bool = True,
        name: str | None = None,
    ) -> Value:
        """(C, H, W) -> (C, H', W'): the "max" or "avg" of each window."""
        k, s = pair(kernel), pair(stride)
        before, after = self._border(padding, k, s, (1, 1))
        if before == after:
            return self.recorder.add(Pool(kind, k, s, before, ceil, count_pad), (self,), name)
        if kind == "avg" and count_pad:
            x = self.pad(before, after)
            return self.recorder.add(Pool(kind, k, s, (0, 0), ceil, count_pad), (x,), name)
        # what lies outside of the map doesn't count: a last, partial window where windows skip
        # pixels, else one window too many at the other side, which is cut off
        extra = [int(a > b and step == 1) for b, a, step in zip(before, after, s, strict=True)]
        border = (before[0] + extra[0], before[1] + extra[1])
        y = self.recorder.add(Pool(kind, k, s, border, True, count_pad), (self,), name)
        return y.pad((-extra[0], -extra[1]), 0)

    def pool_to(self, size: int | Pair) -> Value:
        """(C, H, W) -> (C, *size): means."""
        return self.recorder.add(AdaptivePool(pair(size)), (self,))

    def global_pool(self, kind: str = "avg", *, keep: bool = False) -> Value:
        """(C, H, W) -> (C,), or (C, 1, 1) with `keep`; (C, N) -> (C,), of a "token" too."""
        if len(self.spec.size) == 1 or kind == "token":
            return self.recorder.add(PoolTokens(kind), (self,))
        return self.recorder.add(GlobalPool(kind, keep), (self,))

    def lrn(self, size: int, alpha: float, beta: float, k: float) -> Value:
        """The same shape, each response divided by its neighbours'."""
        return self.recorder.add(LocalResponseNorm(size, alpha, beta, k), (self,))

    def flatten(self) -> Value:
        """(C, H, W) -> (C * H * W,), (C, N) -> (C * N,); a vector stays."""
        return self.recorder.add(Flatten(), (self,)) if self.spec.size else self

    def dropout(self, rate: float) -> Value:
        """The same shape; unchanged for a rate of 0."""
        return self.recorder.add(Dropout(rate), (self,)) if rate else self

    def drop_path(self) -> Value:
        """A residual branch that training drops as often as the settings say."""
        rate = self.settings.drop_path
        return self.recorder.add(DropPath(rate), (self,)) if rate else self

    def pad(self, before: int | Pair, after: int | Pair, value: float = 0.0) -> Value:
        """(C, H, W) with a border at the top and left, and at the bottom and right; a negative
        one crops."""
        op = Pad(pair(before), pair(after), value)
        return self if op.trivial else self.recorder.add(op, (self,))

    def zero(self, stride: int = 1) -> Value:
        """Zeros of the shape that a stride leaves."""
        size = tuple(-(-side // stride) for side in self.spec.size)
        return self.recorder.add(Zero(replace(self.spec, size=size)), (self,))

    def concat(self, *others: Value) -> Value:
        """Channels one after another."""
        return self.recorder.add(Concat(), (self, *others)) if others else self

    def add(self, *others: Value) -> Value:
        """The sum of equal shapes."""
        return self.recorder.add(Add(), (self, *others)) if others else self

    def __add__(self, other: Value) -> Value:
        return self.add(other)

    def __mul__(self, other: Value) -> Value:
        return self.recorder.add(Multiply(), (self, other))

    def before(self, name: str | None = None) -> Value:
        """What the step that made this value read, or the output of that name."""
        around = self._surroundings
        return around.before(self) if name is None else around.named(name, self)

    def through(self, inside: Inside, part: str, **known: Callable[[], Value]) -> Value:
        """This value through an expression that the block holds, in a scope of names of its own.

        `known` are names in that scope; each is made only where the expression taps it.
        """
        return self._surroundings.through(inside, self, part, known)

    @property
    def _surroundings(self) -> Surroundings:
        around = self.recorder.surroundings
        if around is None:
            raise AssertionError("only a block with a field of type Expression can ask for this")
        return around

    def at(self, scope: str) -> Scope:
        """A place of its own for what follows: `with x.at("se"): ...`."""
        return Scope(self.recorder, scope)


class Scope:
    """Nodes recorded while it holds lie one level deeper."""

    def __init__(self, recorder: Recorder, name: str) -> None:
        self._inside = recorder.inside(recorder.place(name))

    def __enter__(self) -> None:
        self._inside.__enter__()

    def __exit__(self, *details: object) -> None:
        self._inside.__exit__(None, None, None)
