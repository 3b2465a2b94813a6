"""Linear layers: on a vector, and on the channels of each pixel or token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nas.errors import GenotypeError
from nas.ops._base import Layer, Op, Spec, Total


@dataclass(frozen=True, slots=True)
class Linear(Op):
    """(C,) -> (out,): every output is a weighted sum of all inputs.

    With `each` also (C, H, W) -> (out, H, W) and (C, N) -> (out, N): every pixel or token by
    itself. The output is never written over: in mixed precision a sum must not fall to its half
    precision.
    """

    name: ClassVar[str] = "linear"
    saves_input: ClassVar[bool] = True
    lies: ClassVar[str] = "last"

    out: int
    bias: bool = True
    each: bool = False

    @property
    def keeps_zero(self) -> bool:
        """Without a bias nothing comes of nothing."""
        return not self.bias

    def infer(self, *inputs: Spec) -> Spec:
        """`out` channels."""
        (x,) = inputs
        if x.size and not self.each:
            raise GenotypeError(
                f"a linear layer needs a vector and gets a map of {x}; "
                "put flatten or a pooling head before it"
            )
        return Spec(self.out, x.size, bool(x.size))

    def total(self, out: Spec, *inputs: Spec) -> Total:
        """The matrix, and the biases; one multiply-accumulate a weight, for each pixel or
        token."""
        channels, elements = inputs[0].channels, out.elements
        return Total(self.out * (channels + int(self.bias)), elements * channels, elements)

    def layer(self, *inputs: Spec) -> Layer:
        """`nn.Linear`; of pixels or tokens it begins as transformers' do."""
        options = () if self.bias else (("bias", False),)
        spread = 0.02 if self.each else None
        return Layer("Linear", (inputs[0].channels, self.out), options, spread)


@dataclass(frozen=True, slots=True)
class QueryKeyValue(Op):
    """(C, ...) -> (3 * width, ...): a linear layer whose keys have no bias (Swin V2,
    arXiv:2111.09883).

    With `held` keys have one that is held at zero, as torchvision's: it counts and does nothing.
    """

    name: ClassVar[str] = "qkv"
    saves_input: ClassVar[bool] = True
    lies: ClassVar[str] = "last"

    width: int  # channels of the queries
    held: bool = False

    def infer(self, *inputs: Spec) -> Spec:
        """Queries, keys and values side by side."""
        return Spec(3 * self.width, inputs[0].size, bool(inputs[0].size))

    def total(self, out: Spec, *inputs: Spec) -> Total:
        """The matrix and two biases, or three; one multiply-accumulate a weight, for each pixel
        or token."""
        channels, elements = inputs[0].channels, out.elements
        params = self.width * (3 * channels + 2 + int(self.held))
        return Total(params, elements * channels, elements)

    def layer(self, *inputs: Spec) -> Layer:
        """`nas.ops.layers.QueryKeyValue`."""
        options = (("held", True),) if self.held else ()
        return Layer("QueryKeyValue", (inputs[0].channels, self.width), options)
