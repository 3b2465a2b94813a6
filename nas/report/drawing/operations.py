"""Operations as a figure of a paper names them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
)
from nas.ops.affine import Affine, Distance
from nas.ops.channels import PadChannels, Shuffle, Slice
from nas.ops.upsample import Upsample
from nas.report.drawing.label import Kind, Label, label, sides, step

ACTIVATION = {
    "relu": "ReLU",
    "relu6": "ReLU6",
    "silu": "SiLU",
    "gelu": "GELU",
    "gelu_tanh": "GELU",
    "elu": "ELU",
    "selu": "SELU",
    "hardswish": "h-swish",
    "hardsigmoid": "h-sigmoid",
    "leaky_relu": "leaky ReLU",
    "prelu": "PReLU",
    "scaled_tanh": "scaled tanh",
}


@dataclass(frozen=True, slots=True)
class Note:
    """What is no box of its own where a layer stands before it: `BN`, `ReLU`."""

    text: str


def described(op: Op, reads: tuple[Spec, ...], gives: Spec) -> Label | Note | None:
    """What a figure says of an operation; None where it leaves it out."""
    if type(op) in SILENT:
        return None
    if isinstance(op, ScaledConv):
        return _conv(op.conv, reads, gives, "WS conv")
    if isinstance(op, Conv):
        return _conv(op, reads, gives, "conv")
    say = SPOKEN.get(type(op))
    if say is None:
        return label(Kind.SHAPE, op.name.replace("_", " "))
    return say(op, gives)


def _conv(op: Conv, reads: tuple[Spec, ...], gives: Spec, what: str) -> Label:
    channels = reads[0].channels
    depthwise = op.groups == channels > 1
    word = "depthwise" if depthwise else what
    return label(
        Kind.DEPTHWISE if op.groups > 1 else Kind.CONV,
        word,
        kernel=sides(op.kernel),
        stride=step(op.stride),
        width=gives.channels,
        groups_of="" if depthwise or op.groups == 1 else f"{op.groups} groups",
        dilation="" if op.dilation == (1, 1) else f"dilation {op.dilation[0]}",
    )


def _pool(op: Pool, _: Spec) -> Label:
    return label(Kind.POOL, f"{op.kind} pool", kernel=sides(op.kernel), stride=step(op.stride))


def _channels(op: Slice) -> str:
    last = op.stop - 1
    return f"channel {last}" if op.start == last else f"channels {op.start}–{last}"


def _attend(op: Attend, _: Spec) -> Label:
    window = f"{sides(op.within)} windows" if op.within else ""
    return label(
        Kind.ATTENTION,
        "cosine attention" if op.cosine else "attention",
        heads=f"{op.heads} heads" if op.heads > 1 else "1 head",
        within=window,
        shift=f"shifted {op.shift[0]}" if any(op.shift) else "",
    )


SILENT = frozenset({Permute, Pad, Flatten, Tokens, ToMap})
SPOKEN: dict[type[Op], Callable[..., Label | Note]] = {
    Activate: lambda op, _: Note(ACTIVATION.get(op.kind, op.kind)),
    BatchNorm: lambda op, _: Note("BN"),
    LayerNorm: lambda op, _: Note("LN"),
    LocalResponseNorm: lambda op, _: Note("LRN"),
    Dropout: lambda op, _: Note("dropout"),
    DropPath: lambda op, _: Note("drop path"),
    LayerScale: lambda op, _: Note("layer scale"),
    SkipGain: lambda op, _: Note("gain"),
    Scale: lambda op, _: Note("scale"),
    Affine: lambda op, _: Note("affine"),
    Linear: lambda op, _: label(Kind.LINEAR, "linear", width=op.out),
    QueryKeyValue: lambda op, _: label(Kind.LINEAR, "linear", width=3 * op.width),
    Distance: lambda op, _: label(Kind.LINEAR, "distance to codes", width=op.out),
    Attend: _attend,
    Pool: _pool,
    AdaptivePool: lambda op, _: label(Kind.POOL, f"avg pool to {sides(op.size)}"),
    GlobalPool: lambda op, _: label(
        Kind.POOL, "global max" if op.kind == "max" else "global average"
    ),
    PoolTokens: lambda op, _: label(
        Kind.POOL, {"token": "class token", "max": "max of tokens"}.get(op.kind, "mean of tokens")
    ),
    Upsample: lambda op, _: label(Kind.POOL, "upsample", stride=f"×{op.times}"),
    Add: lambda op, _: label(Kind.JOIN, "+"),
    AddScaled: lambda op, _: label(Kind.JOIN, "+"),
    Multiply: lambda op, _: label(Kind.JOIN, "×"),
    Concat: lambda op, _: label(Kind.JOIN, "concat"),
    Shuffle: lambda op, _: label(Kind.SHAPE, "shuffle channels"),
    Slice: lambda op, _: label(Kind.SHAPE, "split", part=_channels(op)),
    PadChannels: lambda op, _: label(Kind.SHAPE, "zero channels", more=f"+{op.more}"),
    SpaceToDepth: lambda op, gives: label(Kind.SHAPE, "2×2 to channels", width=gives.channels),
    ClassToken: lambda op, _: label(Kind.SHAPE, "class token", how="put before"),
    Positions: lambda op, _: label(Kind.SHAPE, "positions", how="added"),
    Zero: lambda op, _: label(Kind.SHAPE, "zeros"),
}
