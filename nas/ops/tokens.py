"""Tokens: a map as a sequence, the class token before it, and back to a map or a vector.

Source: ViT, arXiv:2010.11929.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nas.errors import GenotypeError
from nas.ops._base import Layer, Op, Pair, Spec, Total


def sequence(x: Spec) -> int:
    """The number of tokens; GenotypeError on a map or a vector."""
    if len(x.size) != 1:
        raise GenotypeError(
            f"needs tokens (channels, count) and gets {x}; put class_token or tokens before it"
        )
    return x.size[0]


@dataclass(frozen=True, slots=True)
class Tokens(Op):
    """(C, H, W) -> (C, H * W): a pixel is a token, row by row."""

    name: ClassVar[str] = "tokens"
    keeps_zero: ClassVar[bool] = True
    lies: ClassVar[str] = "last"

    def infer(self, *inputs: Spec) -> Spec:
        """As many tokens as pixels."""
        height, width = inputs[0].map
        return Spec(inputs[0].channels, (height * width,), last=True)

    def code(self, args: Sequence[str], me: str) -> str:
        """`flatten`."""
        return f"{args[0]}.flatten(1, 2)"

    def window(self, x: Spec) -> tuple[Pair, Pair]:
        """The whole map: what comes next sees all tokens."""
        return x.map, (1, 1)


@dataclass(frozen=True, slots=True)
class ToMap(Op):
    """(C, H * W) -> (C, H, W): tokens laid out row by row."""

    name: ClassVar[str] = "map"
    keeps_zero: ClassVar[bool] = True
    lies: ClassVar[str] = "last"

    size: Pair  # (height, width)

    def infer(self, *inputs: Spec) -> Spec:
        """The size asked for."""
        count, (height, width) = sequence(inputs[0]), self.size
        if count != height * width:
            raise GenotypeError(
                f"{count} tokens make no map of {height}x{width}; "
                "give a size of as many pixels, without a class token"
            )
        return Spec(inputs[0].channels, self.size, last=True)

    def code(self, args: Sequence[str], me: str) -> str:
        """`unflatten`."""
        return f"{args[0]}.unflatten(1, {self.size})"


@dataclass(frozen=True, slots=True)
class ClassToken(Op):
    """(C, N) -> (C, N + 1): a learned token before all others."""

    name: ClassVar[str] = "class_token"
    overwritable: ClassVar[bool] = True
    lies: ClassVar[str] = "last"

    def infer(self, *inputs: Spec) -> Spec:
        """One token more."""
        return Spec(inputs[0].channels, (sequence(inputs[0]) + 1,), last=True)

    def total(self, out: Spec, *inputs: Spec) -> Total:
        """One token."""
        return Total(out.channels)

    def layer(self, *inputs: Spec) -> Layer:
        """`nas.ops.layers.ClassToken`."""
        return Layer("ClassToken", (inputs[0].channels,))


@dataclass(frozen=True, slots=True)
class PoolTokens(Op):
    """(C, N) -> (C,): the first token, the mean or the largest of each channel."""

    name: ClassVar[str] = "pool"
    keeps_zero: ClassVar[bool] = True
    lies: ClassVar[str] = "last"

    kind: str = "avg"  # "token", "avg" or "max"

    def infer(self, *inputs: Spec) -> Spec:
        """One number a channel."""
        sequence(inputs[0])
        return Spec(inputs[0].channels)

    def code(self, args: Sequence[str], me: str) -> str:
        """An index, `mean` or `amax`."""
        return args[0] + {"token": "[:, 0]", "avg": ".mean(1)", "max": ".amax(1)"}[self.kind]
