"""A transformer block that can halve the map: CoAtNet's.

Source: CoAtNet, arXiv:2106.04803, eq. 4 and appendix A.1.
"""

from __future__ import annotations

from collections.abc import Mapping

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Count, Heads, Positive
from nas.blocks.pool import Mode
from nas.blocks.transformer import perceptron
from nas.graph import Value


@block("strided_transformer")
class StridedTransformer(Block):
    """project(pool(x)) + attention(pool(norm(x))), then x + perceptron(norm(x)); attention over the
    whole map with a learned bias for each distance and head.

    Shape: (C, H, W) -> (out, H // stride, W // stride).
    """

    out: Channels
    heads: Heads
    stride: Count = 1
    mlp: Positive = 4.0  # hidden channels of the perceptron per channel
    pool: Mode = "max"
    act: Activation = "gelu"

    residual = True
    anchors = (
        Anchor(
            {"out": 384, "heads": 12, "stride": 2},
            shape=(192, 28, 28),
            params=(192 + 3 * 192 + 384 + 2 * 4 * 384) * 384
            + (1 + 3 + 1 + 2 + 4 + 1) * 384
            + 2 * 192
            + 27 * 27 * 12,
            macs=196 * ((192 + 3 * 192 + 384 + 2 * 4 * 384) * 384 + 2 * 196 * 384),
            source="CoAtNet-0, S3, arXiv:2106.04803, Table 3, by hand",
        ),
    )

    def multiples(self, channels: int) -> Mapping[str, int]:
        """Whole heads, each as wide as before."""
        return {"out": max(1, self.out // self.heads)}

    def body(self, x: Value) -> Value:
        """Two residuals, each normalised before; the first may halve the map."""
        skip, y = x, x.norm("layer", name="norm1")
        if self.stride > 1:
            skip, y = (z.pool(self.pool, self.stride, self.stride, padding=0) for z in (skip, y))
        if x.channels != self.out:
            skip = skip.conv(self.out, bias=True, name="shortcut")
        y = y.attention(self.heads, out=self.out, bias="relative", interleaved=True)
        x = skip + y.drop_path()
        y = perceptron(x.norm("layer", name="norm2"), self.mlp, self.act)
        return x + y.drop_path()
