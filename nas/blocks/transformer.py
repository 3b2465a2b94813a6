"""Transformer blocks: attention between places, then two layers on each place, as residuals.

Source: ViT, arXiv:2010.11929; windows, Swin, arXiv:2103.14030; Swin V2, arXiv:2111.09883; layer
scale, CaiT, arXiv:2103.17239.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Distance, Heads, Positive, Ratio, Switch, Window, one_of
from nas.graph import Value

Bias = Annotated[str, one_of("none", "relative", "continuous")]


def perceptron(x: Value, ratio: float, act: str) -> Value:
    """(C, ...) -> the same: each place by itself through `ratio` times the channels."""
    hidden = max(1, round(x.channels * ratio))
    return x.pointwise(hidden, name="fc1").act(act).pointwise(x.channels, name="fc2")


@block("transformer")
class Transformer(Block):
    """x + attention(norm(x)), then x + perceptron(norm(x)).

    With a window attention stays inside of squares of the map, moved by `shift` pixels. A relative
    bias is a learned number for each distance and head.
    Shape: (C, H, W) or (C, N) -> the same.
    """

    heads: Heads
    window: Window | None = None  # None: everything sees everything
    shift: Distance = 0
    bias: Bias = "none"
    mlp: Positive = 4.0  # hidden channels of the perceptron per channel
    layer_scale: Ratio = 0.0  # what each branch's learned scale begins at; 0 leaves it out
    act: Activation = "gelu"

    residual = True
    anchors = (
        Anchor(
            {"heads": 12},
            shape=(768, 197),
            params=12 * 768 * 768 + (3 + 1 + 4 + 1 + 4) * 768,
            macs=197 * 12 * 768 * 768 + 2 * 197 * 197 * 768,
            source="ViT-B/16, arXiv:2010.11929, Table 1, by hand",
        ),
        Anchor(
            {"heads": 3, "window": 7, "bias": "relative"},
            shape=(96, 56, 56),
            params=12 * 96 * 96 + (3 + 1 + 4 + 1 + 4) * 96 + 13 * 13 * 3,
            macs=56 * 56 * (12 * 96 * 96 + 2 * 49 * 96),
            source="Swin-T, stage 1, arXiv:2103.14030, eq. 2 and Table 7, by hand",
        ),
    )

    def multiples(self, channels: int) -> Mapping[str, int]:
        """Whole heads, each as wide as before."""
        return {"input": max(1, channels // self.heads)}

    def body(self, x: Value) -> Value:
        """Two residuals, each normalised before."""
        y = x.norm("layer", name="norm1")
        y = y.attention(self.heads, window=self.window, shift=self.shift, bias=self.bias)
        x = x + y.layer_scale(self.layer_scale).drop_path()
        y = perceptron(x.norm("layer", name="norm2"), self.mlp, self.act)
        return x + y.layer_scale(self.layer_scale).drop_path()


@block("cosine_transformer")
class CosineTransformer(Block):
    """x + norm(attention(x)), then x + norm(perceptron(x)), with Swin V2's attention: the cosine
    of query and key, and a bias that a small network makes of the logarithm of their distance.

    Shape: (C, H, W) -> the same.
    """

    heads: Heads
    window: Window | None = None  # None: the whole map
    shift: Distance = 0
    mlp: Positive = 4.0  # hidden channels of the perceptron per channel
    key_bias: Switch = False  # torchvision's: numbers that are held at zero
    act: Activation = "gelu"

    residual = True
    anchors = (
        Anchor(
            {"heads": 3, "window": 8},
            shape=(96, 64, 64),
            params=12 * 96 * 96 + (2 + 1 + 4 + 1 + 4) * 96 + 512 * (2 + 1 + 3) + 3,
            macs=64 * 64 * (12 * 96 * 96 + 2 * 64 * 96) + 15 * 15 * 512 * (2 + 3),
            source="Swin V2-T, stage 1, arXiv:2111.09883, sections 3.2-3.3 and A1, by hand",
        ),
    )

    def multiples(self, channels: int) -> Mapping[str, int]:
        """Whole heads, each as wide as before."""
        return {"input": max(1, channels // self.heads)}

    def body(self, x: Value) -> Value:
        """Two residuals, each normalised after."""
        y = x.attention(
            self.heads,
            window=self.window,
            shift=self.shift,
            bias="continuous",
            cosine=True,
            key_bias=self.key_bias,
        )
        x = x + y.norm("layer", name="norm1").drop_path()
        y = perceptron(x, self.mlp, self.act)
        return x + y.norm("layer", name="norm2").drop_path()
