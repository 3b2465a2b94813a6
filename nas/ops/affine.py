"""LeNet-5's two layers that torch lacks: a gain and a bias a channel, distances to fixed codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nas.errors import GenotypeError
from nas.ops._base import Layer, Op, Spec, Total


@dataclass(frozen=True, slots=True)
class Affine(Op):
    """The same shape: each channel times a learned gain, plus a learned bias."""

    name: ClassVar[str] = "affine"
    saves_input: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True

    def infer(self, *inputs: Spec) -> Spec:
        """As the input, a map."""
        _ = inputs[0].map
        return inputs[0]

    def total(self, out: Spec, *inputs: Spec) -> Total:
        """A gain and a bias a channel."""
        return Total(2 * out.channels)

    def layer(self, *inputs: Spec) -> Layer:
        """`nas.ops.layers.Affine`."""
        return Layer("Affine", (inputs[0].channels,))


@dataclass(frozen=True, slots=True)
class Distance(Op):
    """(C,) -> (out,): minus the squared distance to each of `out` fixed codes of -1 and 1."""

    name: ClassVar[str] = "distance"
    saves_input: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True

    out: int

    def infer(self, *inputs: Spec) -> Spec:
        """A number a code."""
        if inputs[0].size:
            raise GenotypeError(
                f"distances to codes need a vector, but got a map of {inputs[0]}; "
                "put flatten or fc before it"
            )
        return Spec(self.out)

    def layer(self, *inputs: Spec) -> Layer:
        """`nas.ops.layers.Codes`."""
        return Layer("Codes", (inputs[0].channels, self.out))
