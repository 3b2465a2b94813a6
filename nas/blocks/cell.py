"""A cell: an expression on two outputs of the network, the previous and the one before it.

Source: NASNet, arXiv:1707.07012; the same frame in PNASNet, arXiv:1712.00559, AmoebaNet,
arXiv:1802.01548, and DARTS, arXiv:1806.09055.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.factorized import factorized_reduce
from nas.blocks.fields import Activation, Channels, Expression, Name
from nas.errors import GenotypeError
from nas.graph import Value


@block("cell")
class Cell(Block):
    """The input, brought to `out` channels, through `inside`; there, `tap("prev")` is the output
    before it, brought to the same channels and size.

    Bringing there: activate, 1x1, normalise; where `prev` is larger, a factorized reduction.
    Shape: (C, H, W) -> what `inside` makes of (out, H, W).
    """

    out: Channels
    inside: Expression
    prev: Name | None = None  # None: what the step before this cell's input read
    act: Activation = "relu"

    anchors = (
        Anchor(
            {"out": 168, "inside": "identity"},
            shape=(1008, 42, 42),
            params=1008 * 168 + 2 * 168,
            macs=42 * 42 * 1008 * 168,
            source="NASNet-A-Large, a normal cell's first 1x1, arXiv:1707.07012, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Adjust both, then the expression."""
        with x.at("adjust"):
            y = x.act(self.act).conv(self.out).norm()
        return y.through(self.inside, "inside", prev=lambda: self._other(x))

    def _other(self, x: Value) -> Value:
        prev = x.before(self.prev)
        (height, width), (high, wide) = x.spec.map, prev.spec.map
        stride = max(-(-high // height), -(-wide // width))
        if (-(-high // stride), -(-wide // stride)) != (height, width):
            raise GenotypeError(
                f"no whole stride takes the output before, {prev.spec}, to the size of the "
                f'cell\'s input, {x.spec}; name one that fits with @ "a" and give it as prev="a"'
            )
        with x.at("adjust_prev"):
            if stride > 1:
                return factorized_reduce(prev, self.out, stride, self.act)
            return prev.act(self.act).conv(self.out).norm()
