"""Parameters outside of layers: a position table added, a scale for each channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nas.errors import GenotypeError
from nas.ops._base import Layer, Op, Spec, Total


@dataclass(frozen=True, slots=True)
class Positions(Op):
    """The same shape: a learned table, a number for each channel and place, is added
    (arXiv:2010.11929)."""

    name: ClassVar[str] = "positions"
    overwritable: ClassVar[bool] = True
    lies: ClassVar[str] = "last"

    def infer(self, *inputs: Spec) -> Spec:
        """As the input, which must have places."""
        if not inputs[0].size:
            raise GenotypeError(
                f"a position table needs a map or tokens and gets a vector of {inputs[0]}; "
                "put it before the pooling head"
            )
        return inputs[0]

    def total(self, out: Spec, *inputs: Spec) -> Total:
        """The table."""
        return Total(out.elements)

    def layer(self, *inputs: Spec) -> Layer:
        """`nas.ops.layers.Positions`."""
        return Layer("Positions", (*inputs[0].size, inputs[0].channels))


@dataclass(frozen=True, slots=True)
class LayerScale(Op):
    """The same shape: each channel times a learned number that begins at `start`
    (arXiv:2103.17239)."""

    name: ClassVar[str] = "layer_scale"
    saves_input: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True
    keeps_zero: ClassVar[bool] = True
    lies: ClassVar[str] = "any"

    start: float

    def infer(self, *inputs: Spec) -> Spec:
        """As the input."""
        return inputs[0]

    def total(self, out: Spec, *inputs: Spec) -> Total:
        """A number a channel."""
        return Total(out.channels)

    def layer(self, *inputs: Spec) -> Layer:
        """`nas.ops.layers.LayerScale`, shaped as the input lies."""
        (x,) = inputs
        behind = 0 if x.last else len(x.size)
        return Layer("LayerScale", (x.channels, self.start, behind))
