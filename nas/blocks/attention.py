"""The parts of a transformer by themselves, for hybrids that join them in another way.

Source: arXiv:1706.03762; layer scale, CaiT, arXiv:2103.17239.
"""

from __future__ import annotations

from collections.abc import Mapping

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Distance, Heads, Positive, Switch, Window
from nas.blocks.transformer import Bias, perceptron
from nas.graph import Value


@block("attention")
class Attention(Block):
    """Queries, keys and values of each place, attention between them, and a projection; no norm and
    no residual.

    Shape: (C, H, W) -> (out, H, W), (C, N) -> (out, N).
    """

    heads: Heads
    out: Channels | None = None  # None: as many as come in
    width: Channels | None = None  # channels of all heads; None: as many as come out
    window: Window | None = None  # None: everything sees everything
    shift: Distance = 0
    bias: Bias = "none"
    interleaved: Switch = False  # each head's queries, keys and values lie together

    anchors = (
        Anchor(
            {"heads": 12},
            shape=(768, 197),
            params=4 * 768 * 768 + 4 * 768,
            macs=197 * 4 * 768 * 768 + 2 * 197 * 197 * 768,
            source="ViT-B/16, arXiv:2010.11929, Table 1, by hand",
        ),
        Anchor(
            {"heads": 6, "out": 384, "width": 192, "bias": "relative"},
            shape=(192, 14, 14),
            params=192 * (3 * 192 + 384) + 3 * 192 + 384 + 27 * 27 * 6,
            macs=196 * (192 * (3 * 192 + 384) + 2 * 196 * 192),
            source="timm's coatnet_0_rw_224, first block of its third stage, by hand",
        ),
    )

    def multiples(self, channels: int) -> Mapping[str, int]:
        """Whole heads, each as wide as before."""
        wide = {"width": self.width, "out": self.out, "input": channels}
        held, count = next((name, count) for name, count in wide.items() if count)
        return {held: max(1, count // self.heads)}

    def body(self, x: Value) -> Value:
        """Three operations."""
        return x.attention(
            self.heads,
            out=self.out,
            width=self.width,
            window=self.window,
            shift=self.shift,
            bias=self.bias,
            interleaved=self.interleaved,
        )


@block("mlp")
class Perceptron(Block):
    """Each place by itself: more channels, an activation, as many as before; no norm and no
    residual.

    Shape: (C, H, W) or (C, N) -> the same.
    """

    ratio: Positive = 4.0  # hidden channels per channel
    act: Activation = "gelu"

    anchors = (
        Anchor(
            {},
            shape=(768, 197),
            params=8 * 768 * 768 + 5 * 768,
            macs=197 * 8 * 768 * 768,
            source="ViT-B/16, arXiv:2010.11929, Table 1, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Two layers."""
        return perceptron(x, self.ratio, self.act)


@block("layer_scale")
class LayerScale(Block):
    """Each channel times a learned number that begins at `start`.

    Shape: any -> the same.
    """

    start: Positive = 1e-6

    anchors = (
        Anchor({}, shape=(96, 56, 56), params=96, macs=0, source="ConvNeXt-T, arXiv:2201.03545"),
    )

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.layer_scale(self.start)
