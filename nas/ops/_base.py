"""What every primitive operation is, and the tensor that doesn't exist yet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeAlias

from nas.errors import GenotypeError

if TYPE_CHECKING:
    import torch
    from torch import nn

Pair: TypeAlias = tuple[int, int]  # (vertical, horizontal)
Steps: TypeAlias = tuple[int | Fraction, int | Fraction]  # (vertical, horizontal), in pixels


def pair(value: int | Pair) -> Pair:
    """A side as (vertical, horizontal)."""
    return (value, value) if isinstance(value, int) else value


@dataclass(frozen=True, slots=True)
class Spec:
    """A tensor that doesn't exist yet: channels first, the batch left out.

    `size` is (height, width) of a map, (count,) of tokens and () of a vector. `last` tells how it
    lies in memory, not what it is: the channels of maps and tokens behind their sizes.
    """

    channels: int
    size: tuple[int, ...] = ()
    last: bool = field(default=False, repr=False)
    variance: float = field(default=1.0, repr=False)  # as expected; blocks without norms go by it

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, height, width) of a map, (channels, count) of tokens, (channels,) of a
        vector, however it lies in memory."""
        return (self.channels, *self.size)

    @property
    def elements(self) -> int:
        """Numbers in one image's tensor."""
        return self.channels * prod(self.size)

    @property
    def map(self) -> Pair:
        """(height, width); GenotypeError on a vector."""
        if len(self.size) != 2:
            raise GenotypeError(
                f"needs a map (channels, height, width) and gets {self}; "
                "put it before the flatten, the class token, the pooling head or the linear layer"
            )
        return self.size[0], self.size[1]

    def __str__(self) -> str:
        """`64x56x56`, or `1000` for a vector."""
        return "x".join(map(str, self.shape))


class Total(NamedTuple):  # made hundreds of times a network, in half a dataclass's time
    """Learned numbers; multiply-accumulates of convolutions, linear layers and matrix products;
    and elements put out by layers with these."""

    params: int = 0
    macs: int = 0
    activations: int = 0


FREE = Total()


@dataclass(frozen=True, slots=True)
class Layer:
    """A torch module's constructor call: its class in `torch.nn` or `nas.ops.layers`, and the
    arguments."""

    kind: str
    args: tuple[object, ...] = ()
    options: tuple[tuple[str, object], ...] = ()
    spread: float | None = None  # deviation of its first weights, where it isn't the usual one

    def build(self, device: torch.device) -> nn.Module:
        """The module on `device`, its numbers not yet set."""
        from nas.ops.fresh import fresh

        return fresh(self, device)

    def __str__(self) -> str:
        """The call as source: `nn.Conv2d(32, 16, 1, bias=False)`."""
        options = [f"{name}={value!r}" for name, value in self.options]
        return f"nn.{self.kind}({', '.join([*map(repr, self.args), *options])})"


class Op(ABC):
    """A primitive operation: immutable, hashable, compared by value.

    Every concrete operation is a frozen dataclass; its fields are all that distinguishes it.
    """

    __slots__ = ()
    name: ClassVar[str]  # what a node of it is called where the block gives no name
    commutes: ClassVar[bool] = False  # the order of inputs doesn't matter
    gives_zero: ClassVar[bool] = False  # zeros come out whatever goes in
    random: ClassVar[bool] = False  # two of them on one input differ in training

    @abstractmethod
    def infer(self, *inputs: Spec) -> Spec:
        """The output's spec; GenotypeError where the inputs don't fit."""

    def code(self, args: Sequence[str], me: str) -> str:
        """The expression in a `forward`: `args` are the inputs' variables, `me` the module's (if
        `layer`); a call of the module, unless said otherwise."""
        return f"{me}({', '.join(args)})"

    def total(self, out: Spec, *inputs: Spec) -> Total:
        """What it learns, and what it multiplies for one image."""
        return FREE

    def layer(self, *inputs: Spec) -> Layer | None:
        """The module that holds its state or settings; None where a function does."""
        return None

    def in_place(self, args: Sequence[str], me: str) -> str | None:
        """The expression that overwrites its first input, where that is cheaper; else None."""
        return None

    @property
    def keeps_zero(self) -> bool:
        """Whether a zero in gives a zero out."""
        return False

    @property
    def saves_input(self) -> bool:
        """Whether backward reads the inputs."""
        return False

    @property
    def saves_output(self) -> bool:
        """Whether backward reads the output."""
        return False

    def keeps(self, out: Spec, *inputs: Spec) -> int:
        """What backward reads besides inputs and output, in numbers of four bytes."""
        return 0

    @property
    def view(self) -> bool:
        """Whether the output lies in the input's memory."""
        return False

    @property
    def overwritable(self) -> bool:
        """Whether the output is memory of its own that no backward reads, so that the next step
        may write over it."""
        return False

    @property
    def lies(self) -> str:
        """How it wants channels in memory: "first", "last" or "any" (all inputs alike)."""
        return "first"

    @property
    def trivial(self) -> bool:
        """Whether it hands its input on unchanged."""
        return False

    def window(self, x: Spec) -> tuple[Pair, Steps]:
        """(extent, stride) in its input's pixels: what one output pixel sees, and how far
        neighbours lie apart."""
        return (1, 1), (1, 1)
