"""Factorized layers: a reduction in two shifted halves, and a square filter as a row and a column.

Source: NASNet, arXiv:1707.07012; AmoebaNet, arXiv:1802.01548.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Count, Positive
from nas.graph import Value


def factorized_reduce(x: Value, out: int, stride: int, act: str) -> Value:
    """Activate; half the channels see every `stride`-th pixel, half the pixels one step further
    down and to the right."""
    y = x.act(act)
    here = y.conv(out // 2, 1, stride, padding=0, name="here")
    shifted = y.pad(-1, 1).conv(out - out // 2, 1, stride, padding=0, name="shifted")
    return here.concat(shifted).norm(name="norm")


@block("freduce")
class FactorizedReduce(Block):
    """Smaller without losing what a stride skips: two 1x1 convolutions on grids one pixel apart.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels | None = None  # None: as many as come in
    stride: Count = 2
    act: Activation = "relu"

    anchors = (
        Anchor(
            {"out": 168},
            shape=(1008, 42, 42),
            params=1008 * 168 + 2 * 168,
            macs=21 * 21 * 1008 * 168,
            source="NASNet-A-Large after its first reduction, arXiv:1707.07012, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Two halves, one norm."""
        return factorized_reduce(x, self.out or x.channels, self.stride, self.act)


@block("rowcol")
class RowColumn(Block):
    """Narrow (1x1), filter rows (1 x k), filter columns (k x 1), widen (1x1), each activated first.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    kernel: Count = 7
    stride: Count = 1
    out: Channels | None = None  # None: as many as come in
    width: Positive = 0.25  # channels of the filters per output channel
    act: Activation = "relu"

    anchors = (
        Anchor(
            {"stride": 2},
            shape=(64, 32, 32),
            params=64 * 16 + 2 * 16 * 16 * 7 + 16 * 64 + 2 * (16 + 16 + 16 + 64),
            macs=32 * 32 * 64 * 16
            + 32 * 16 * 16 * 16 * 7
            + 16 * 16 * 16 * 16 * 7
            + 16 * 16 * 16 * 64,
            source="1x7_7x1 of AmoebaNet-A's reduction, arXiv:1802.01548, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """The stride is taken across first, then down."""
        out, k = self.out or x.channels, self.kernel
        narrow = max(1, int(out * self.width))
        y = x.act(self.act).conv(narrow, name="narrow").norm()
        y = y.act(self.act).conv(narrow, (1, k), (1, self.stride), name="row").norm()
        y = y.act(self.act).conv(narrow, (k, 1), (self.stride, 1), name="column").norm()
        return y.act(self.act).conv(out, name="widen").norm()
