"""Blocks of one operation: identity, zero, flatten, activation, norm, dropout, local response
norm, padding."""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Count, Normalization, Positive, Rate
from nas.graph import Value


def _free(
    fields: dict[str, object] | None = None, shape: tuple[int, ...] = (8, 9, 9)
) -> tuple[Anchor, ...]:
    return (Anchor(fields or {}, shape, params=0, macs=0, source="nothing is learned"),)


@block("identity")
class Identity(Block):
    """The input itself.

    Shape: any -> the same.
    """

    anchors = _free()

    def body(self, x: Value) -> Value:
        """Nothing."""
        return x


@block("zero")
class Zero(Block):
    """Nothing but zeros: an absent connection (NAS-Bench-201's "none", arXiv:2001.00326).

    Shape: (C, H, W) -> (C, ceil(H / stride), ceil(W / stride)).
    """

    stride: Count = 1

    anchors = _free()

    def body(self, x: Value) -> Value:
        """Zeros."""
        return x.zero(self.stride)


@block("flatten")
class Flatten(Block):
    """A map as a vector.

    Shape: (C, H, W) -> (C * H * W,).
    """

    anchors = _free()

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.flatten()


@block("act")
class Act(Block):
    """An activation by itself.

    Shape: any -> the same.
    """

    act: Activation = "relu"

    anchors = _free()

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.act(self.act)


@block("norm")
class Norm(Block):
    """Normalisation by itself: over the batch, or of each pixel's or token's channels.

    Shape: any -> the same.
    """

    norm: Normalization | None = None  # None: over the batch

    anchors = (
        Anchor({}, shape=(64, 9, 9), params=128, macs=0, source="a scale and a shift a channel"),
        Anchor({"norm": "layer"}, (64, 9, 9), params=128, macs=0, source="a scale and a shift"),
    )

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.norm(kind=self.norm)


@block("dropout")
class Dropout(Block):
    """In training, numbers are zero with probability `rate` (arXiv:1207.0580).

    Shape: any -> the same.
    """

    rate: Rate = 0.5

    anchors = _free()

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.dropout(self.rate)


@block("lrn")
class LocalResponseNorm(Block):
    """Each response divided by those of its `size` neighbouring channels (AlexNet, 2012).

    Shape: (C, H, W) -> the same.
    """

    size: Count = 5  # channels
    alpha: Positive = 1e-4
    beta: Positive = 0.75
    k: Positive = 1.0

    anchors = _free()

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.lrn(self.size, self.alpha, self.beta, self.k)
