"""LeNet-5's own layers: trained subsampling, a convolution with a table of connections, and an
output that measures distances to codes.

Source: LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998, section II.B.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Classes
from nas.errors import GenotypeError
from nas.graph import Value
from nas.ops.affine import Affine, Distance
from nas.ops.channels import Slice

CONNECTIONS = (  # Table I: the maps of S2 that each map of C3 reads
    *("012", "123", "234", "345", "045", "015", "0123", "1234"),
    *("2345", "0345", "0145", "0125", "0134", "1245", "0235", "012345"),
)


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
        return y.recorder.add(Affine(), (y,)).act(self.act)


@block("sparse_conv")
class SparseConv(Block):
    """C3: sixteen 5x5 filters, each of which sees three, four or all six maps.

    Shape: (6, H, W) -> (16, H - 4, W - 4).
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
        """One convolution a map, and the maps together."""
        if x.channels != 6:
            raise GenotypeError(
                f"sparse_conv's table connects 6 maps, but got {x.channels}; "
                "put conv(6, 5) before it, or write conv(16, 5) for a dense one"
            )
        maps = [x.recorder.add(Slice(i, i + 1), (x,)) for i in range(6)]
        made = []
        for number, seen in enumerate(CONNECTIONS):
            first, *others = (maps[int(i)] for i in seen)
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
        return x.recorder.add(Distance(self.classes), (x,))
