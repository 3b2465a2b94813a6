"""Activations: one table of name, expression and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from nas.ops._base import FREE, Layer, Op, Spec, Total


@dataclass(frozen=True, slots=True)
class Shape:
    """One activation: how it is written, overwriting its input where backward can do without it."""

    code: str
    in_place: str | None = None
    keeps_zero: bool = True
    saves_output: bool = False
    layer: str | None = None  # a module of torch.nn where it has parameters


ACTIVATIONS: Mapping[str, Shape] = MappingProxyType(
    {
        "relu": Shape("F.relu({x})", "F.relu({x}, inplace=True)", saves_output=True),
        "relu6": Shape("F.relu6({x})"),  # torch's in-place one copies its argument for backward
        "leaky_relu": Shape("F.leaky_relu({x}, 0.01)"),
        "prelu": Shape("{me}({x})", layer="PReLU"),
        "elu": Shape("F.elu({x})"),
        "gelu": Shape("F.gelu({x})"),
        "gelu_tanh": Shape('F.gelu({x}, approximate="tanh")'),
        "silu": Shape("F.silu({x})"),
        "mish": Shape("F.mish({x})"),
        "hardswish": Shape("F.hardswish({x})"),
        "hardsigmoid": Shape("F.hardsigmoid({x})", keeps_zero=False),
        "sigmoid": Shape("torch.sigmoid({x})", keeps_zero=False, saves_output=True),
        "tanh": Shape("torch.tanh({x})", saves_output=True),
        "scaled_tanh": Shape("1.7159 * torch.tanh({x} * (2 / 3))"),  # LeNet-5, 1998, appendix A
        "softmax": Shape("torch.softmax({x}, 1)", keeps_zero=False, saves_output=True),
    }
)


@dataclass(frozen=True, slots=True)
class Activate(Op):
    """The same shape: a fixed function of each number."""

    name: ClassVar[str] = "act"

    kind: str

    @property
    def lies(self) -> str:
        """However the input lies, except where neighbouring channels matter."""
        return "first" if self.kind == "softmax" else "any"

    @property
    def keeps_zero(self) -> bool:
        """Whether f(0) = 0."""
        return ACTIVATIONS[self.kind].keeps_zero

    @property
    def saves_output(self) -> bool:
        """Whether backward reads the result."""
        return ACTIVATIONS[self.kind].saves_output

    @property
    def saves_input(self) -> bool:
        """Whether backward reads the argument."""
        return not ACTIVATIONS[self.kind].saves_output

    @property
    def overwritable(self) -> bool:
        """Where backward reads the argument only."""
        return not ACTIVATIONS[self.kind].saves_output

    def keeps(self, out: Spec, *inputs: Spec) -> int:
        """The tanh inside the scaled one."""
        return out.elements if self.kind == "scaled_tanh" else 0

    def infer(self, *inputs: Spec) -> Spec:
        """As the input."""
        return inputs[0]

    def total(self, out: Spec, *inputs: Spec) -> Total:
        """A slope for PReLU, else none."""
        return Total(1) if self.kind == "prelu" else FREE

    def layer(self, *inputs: Spec) -> Layer | None:
        """A module only where something is learned."""
        kind = ACTIVATIONS[self.kind].layer
        return Layer(kind) if kind else None

    def code(self, args: Sequence[str], me: str) -> str:
        """The function's call."""
        return ACTIVATIONS[self.kind].code.format(x=args[0], me=me)

    def in_place(self, args: Sequence[str], me: str) -> str | None:
        """Where backward needs only the result."""
        written = ACTIVATIONS[self.kind].in_place
        return written.format(x=args[0], me=me) if written else None
