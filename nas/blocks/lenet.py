"""LeNet-5's own layers: trained subsampling, a convolution with a table of connections, and an
output that measures distances to codes.

Source: LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998, section II.B.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Classes
from nas.graph import Value
from nas.ops.affine import Affine, Distance
from nas.ops.channels import Slice


def connections(maps: int) -> list[list[int]]:
    """The maps that each filter reads; for 6 maps Table I: six neighbouring threes, six
    neighbouring fours, three twos of neighbours, and all."""
    half, pairs = max(1, maps // 2), range(maps // 2)
    runs = [range(i, i + n) for n in (half, max(1, 2 * maps // 3)) for i in range(maps)]
    apart = [(i, i + 1, i + half, i + half + 1) for i in pairs]
    return [sorted({i % maps for i in seen}) for seen in (*runs, *apart, range(maps))]


@block("subsample")
class Subsample(Block):
    """The mean of each 2x2 window times a learned gain, plus a learned bias, squashed.

    Shape: (C, H, W) -> (C, H // 2, W // 2).
    """

    act: Activation = "scaled_tanh"

    anchors = (
        Anchor({}, shape=(6, 28, 28), params=12, macs=0, source="S2: 12 trainable parameters"),
    )

    def body(self, x: Value) -> Value:
        """Mean, gain and bias, squashing."""
        y = x.pool("avg", 2, 2, padding=0)
        return y.then(Affine()).act(self.act)


@block("sparse_conv")
class SparseConv(Block):
    """LeNet-5's C3: 5x5 filters, each of which sees about half, two thirds or all of the maps.

    Shape: (C, H, W) -> (2 * C + C // 2 + 1, H - 4, W - 4).
    """

    act: Activation = "scaled_tanh"

    anchors = (
        Anchor(
            {},
            shape=(6, 14, 14),
            params=1_516,
            macs=150_000,
            source="C3: 1,516 trainable parameters, 151,600 connections with the biases'",
        ),
    )

    def body(self, x: Value) -> Value:
        """One convolution a filter, and the maps together."""
        maps = [x.then(Slice(i, i + 1)) for i in range(x.channels)]
        made = []
        for number, seen in enumerate(connections(x.channels)):
            first, *others = (maps[i] for i in seen)
            y = first.concat(*others)
            made.append(y.conv(1, 5, padding="valid", bias=True, name=f"map{number}"))
        return made[0].concat(*made[1:]).act(self.act)


@block("rbf")
class RadialBasis(Block):
    """Minus the squared distance to a fixed code of -1 and 1 for each class; nothing is learned.

    Shape: (C,) -> (classes,).
    """

    classes: Classes

    anchors = (
        Anchor({"classes": 10}, shape=(84,), params=0, macs=0, source="the codes are fixed"),
    )

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.then(Distance(self.classes))
