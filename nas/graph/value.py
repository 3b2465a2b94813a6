"""Values: tensors that don't exist yet, which write down what is done to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from nas.graph.settings import Settings
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

if TYPE_CHECKING:
    from nas.graph.recorder import Inside, Recorder, Scope, Surroundings


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

    def then(self, op: Op, name: str | None = None) -> Value:
        """What an operation makes of this value alone; the place is called `name`, else as the
        operation is."""
        lies = op.lies
        x = self if lies == "any" else self.laid(lies == "last")
        return self.recorder.write(op, (x.spec,), (x.index,), x.settings, name)

    def laid(self, last: bool) -> Value:
        """The same tensor with its channels last in memory, or first; the recorder's own call."""
        if self.spec.last == last or not self.spec.size:
            return self
        node = self.recorder.nodes[self.index]
        if isinstance(node.item, Permute):
            (before,) = node.inputs
            spec = self.recorder.nodes[before].spec
            return Value(self.recorder, before, spec, self.settings)
        return self.then(Permute(last, len(self.spec.size)))

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
        return x.then(Conv(out, k, s, border, groups, bias, d), name)

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
        if how == "valid" or k == (1, 1):
            return (0, 0), (0, 0)
        if how == "half":
            half = (d[0] * (k[0] - 1) // 2, d[1] * (k[1] - 1) // 2)
            return half, half
        reach = [dilation * (side - 1) + 1 for dilation, side in zip(d, k, strict=True)]
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
        settings = self.settings
        kind = kind or settings.norm or usual
        if kind == "none":
            return self
        if name is None:
            producer = self.recorder.nodes[self.index]
            if isinstance(producer.item, Conv) and producer.path[-1] != Conv.name:
                name = f"{producer.path[-1]}_norm"
        if kind == "layer":
            return self.then(LayerNorm(1e-6 if settings.eps is None else settings.eps), name)
        eps = 1e-5 if settings.eps is None else settings.eps
        momentum = 0.1 if settings.momentum is None else settings.momentum
        return self.then(BatchNorm(eps, momentum), name)

    def act(self, kind: str, *, name: str | None = None) -> Value:
        """The same shape through an activation; unchanged for "none"."""
        return self if kind == "none" else self.then(Activate(kind), name)

    def linear(self, out: int, *, bias: bool = True, name: str | None = None) -> Value:
        """(C,) -> (out,)."""
        return self.then(Linear(out, bias), name)

    def pointwise(self, out: int, *, bias: bool = True, name: str | None = None) -> Value:
        """(C, H, W) -> (out, H, W), (C, N) -> (out, N): a linear layer on each pixel or token."""
        return self.then(Linear(out, bias, each=True), name)

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
                y = self.then(Pad((0, 0), border))
            if cosine:
                y = y.then(QueryKeyValue(inner, key_bias), "qkv")
            else:
                y = y.pointwise(3 * inner, name="qkv")
            attend = Attend(heads, within, pair(shift), bias, cosine, interleaved)
            y = y.then(attend.on(y.spec)).pointwise(out, name="proj")
            if border != (0, 0):
                y = y.then(Pad((0, 0), (-border[0], -border[1])))
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
        return x.then(ScaledConv(conv, factor, begin), name)

    def scale(self, factor: float) -> Value:
        """The same shape, times a constant; unchanged for 1."""
        return self if factor == 1 else self.then(Scale(factor))

    def skip_gain(self) -> Value:
        """The same shape, times one learned number that begins at zero."""
        return self.then(SkipGain())

    def add_scaled(self, branch: Value, alpha: float) -> Value:
        """This value plus `alpha` times a branch of expected variance 1."""
        return self.recorder.add(AddScaled(alpha), (self, branch))

    def layer_scale(self, start: float) -> Value:
        """The same shape, each channel times a learned number; unchanged for a start of 0."""
        return self.then(LayerScale(start)) if start else self

    def tokens(self) -> Value:
        """(C, H, W) -> (C, H * W); tokens stay."""
        return self if len(self.spec.size) == 1 else self.then(Tokens())

    def to_map(self, size: int | Pair) -> Value:
        """(C, H * W) -> (C, H, W)."""
        return self.then(ToMap(pair(size)))

    def class_token(self) -> Value:
        """(C, N) -> (C, N + 1): a learned token before all others."""
        return self.then(ClassToken())

    def positions(self) -> Value:
        """The same shape with a learned position table added."""
        return self.then(Positions())

    def gather(self) -> Value:
        """(C, H, W) -> (4 * C, ceil(H / 2), ceil(W / 2)): each 2x2 window as one pixel."""
        return self.then(SpaceToDepth())

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
            return self.then(Pool(kind, k, s, before, ceil, count_pad), name)
        if kind == "avg" and count_pad:
            x = self.pad(before, after)
            return x.then(Pool(kind, k, s, (0, 0), ceil, count_pad), name)
        # what lies outside of the map doesn't count: a last, partial window where windows skip
        # pixels, else one window too many at the other side, which is cut off
        extra = [int(a > b and step == 1) for b, a, step in zip(before, after, s, strict=True)]
        border = (before[0] + extra[0], before[1] + extra[1])
        y = self.then(Pool(kind, k, s, border, True, count_pad), name)
        return y.pad((-extra[0], -extra[1]), 0)

    def pool_to(self, size: int | Pair) -> Value:
        """(C, H, W) -> (C, *size): means."""
        return self.then(AdaptivePool(pair(size)))

    def global_pool(self, kind: str = "avg", *, keep: bool = False) -> Value:
        """(C, H, W) -> (C,), or (C, 1, 1) with `keep`; (C, N) -> (C,), of a "token" too."""
        if len(self.spec.size) == 1 or kind == "token":
            return self.then(PoolTokens(kind))
        return self.then(GlobalPool(kind, keep))

    def lrn(self, size: int, alpha: float, beta: float, k: float) -> Value:
        """The same shape, each response divided by its neighbours'."""
        return self.then(LocalResponseNorm(size, alpha, beta, k))

    def flatten(self) -> Value:
        """(C, H, W) -> (C * H * W,), (C, N) -> (C * N,); a vector stays."""
        return self.then(Flatten()) if self.spec.size else self

    def dropout(self, rate: float) -> Value:
        """The same shape; unchanged for a rate of 0."""
        return self.then(Dropout(rate)) if rate else self

    def drop_path(self) -> Value:
        """A residual branch that training drops as often as the settings say."""
        rate = self.settings.drop_path
        return self.then(DropPath(rate)) if rate else self

    def pad(self, before: int | Pair, after: int | Pair, value: float = 0.0) -> Value:
        """(C, H, W) with a border at the top and left, and at the bottom and right; a negative
        one crops."""
        op = Pad(pair(before), pair(after), value)
        return self if op.trivial else self.then(op)

    def zero(self, stride: int = 1) -> Value:
        """Zeros of the shape that a stride leaves."""
        size = tuple(-(-side // stride) for side in self.spec.size)
        return self.then(Zero(replace(self.spec, size=size)))

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
        return self.recorder.inside(self.recorder.place(scope))
