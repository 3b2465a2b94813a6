"""Linear layer on a vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nas.errors import GenotypeError
from nas.ops._base import Layer, Op, Spec


@dataclass(frozen=True, slots=True)
class Linear(Op):
    """(C,) -> (out,): every output is a weighted sum of all inputs."""

    name: ClassVar[str] = "linear"
    saves_input: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True

    out: int
    bias: bool = True

    @property
    def keeps_zero(self) -> bool:
        """Without a bias nothing comes of nothing."""
        return not self.bias

    def infer(self, *inputs: Spec) -> Spec:
        """A vector of `out` numbers."""
        (x,) = inputs
        if x.size:
            raise GenotypeError(
                f"a linear layer needs a vector and gets a map of {x}; "
                "put flatten or a pooling head before it"
            )
        return Spec(self.out)

    def params(self, *inputs: Spec) -> int:
        """The matrix, and the biases."""
        return self.out * (inputs[0].channels + int(self.bias))

    def macs(self, out: Spec, *inputs: Spec) -> int:
        """One a weight."""
        return self.out * inputs[0].channels

    def layer(self, *inputs: Spec) -> Layer:
        """`nn.Linear`."""
        options = () if self.bias else (("bias", False),)
        return Layer("Linear", (inputs[0].channels, self.out), options)

    def code(self, args: Sequence[str], me: str) -> str:
        """A call of the module."""
        return f"{me}({args[0]})"
