"""ConvNeXt: a large depthwise convolution and a perceptron on each pixel, as one residual.

Source: ConvNeXt, arXiv:2201.03545.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Kernel, Positive, Ratio
from nas.blocks.transformer import perceptron
from nas.graph import Value


@block("convnext")
class ConvNeXt(Block):
    """x + f(x), f = filter each channel (7x7), layer norm, widen, activate, narrow, scale.

    Shape: (C, H, W) -> the same.
    """

    kernel: Kernel = 7
    mlp: Positive = 4.0  # hidden channels per channel
    layer_scale: Ratio = 1e-6  # what the learned scale begins at; 0 leaves it out
    act: Activation = "gelu"

    residual = True
    anchors = (
        Anchor(
            {},
            shape=(96, 56, 56),
            params=49 * 96 + 96 + 2 * 96 + 2 * 4 * 96 * 96 + 4 * 96 + 96 + 96,
            macs=56 * 56 * (49 * 96 + 2 * 4 * 96 * 96),
            source="ConvNeXt-T, arXiv:2201.03545, Figure 4, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """One norm and one activation."""
        y = x.conv(x.channels, self.kernel, groups=x.channels, bias=True, name="depthwise")
        y = perceptron(y.norm("layer"), self.mlp, self.act)
        return x + y.layer_scale(self.layer_scale).drop_path()
