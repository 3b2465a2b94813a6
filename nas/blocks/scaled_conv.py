"""Convolution with standardised weights, for networks without normalisation.

Source: arXiv:2101.08692; gains in the weights as timm does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Groups, Kernel, Padding, Stride, one_of
from nas.errors import GenotypeError
from nas.graph import Value
from nas.ops import GAINS

Gain = Annotated[str, one_of("act", "weights")]


def gains(act: str, where: str) -> tuple[float, float]:
    """(after the activation, in the weights): what restores the variance that it takes away."""
    if act not in GAINS:
        raise GenotypeError(
            f"no gain is known for the activation {act!r}; take one of {', '.join(GAINS)}"
        )
    return (GAINS[act], 1.0) if where == "act" else (1.0, GAINS[act])


@block("wsconv")
class ScaledConv(Block):
    """Filter with standardised weights and a bias, activate so that the variance is kept.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)) with the default padding and an
    odd kernel.
    """

    out: Channels
    kernel: Kernel = 1
    stride: Stride = 1
    groups: Groups = 1
    act: Activation = "relu"
    gain: Gain = "act"  # "weights": there, that of the network's activation
    padding: Padding | None = None

    anchors = (
        Anchor(
            {"out": 16, "kernel": 3, "stride": 2},
            shape=(3, 256, 256),
            params=3 * 16 * 9 + 16 + 16,
            macs=128 * 128 * 3 * 16 * 9,
            source="NFNet-F0's first layer, arXiv:2102.06171: weights, biases, gains, by hand",
        ),
    )

    def multiples(self, channels: int) -> Mapping[str, int]:
        """Whole groups; one filter a channel stays so."""
        return {} if self.groups == channels else {"input": self.groups, "out": self.groups}

    def body(self, x: Value) -> Value:
        """Filter, activate."""
        after, _ = gains(self.act, self.gain)
        network = x.settings.act if self.act == "none" else self.act
        _, within = gains(network or "none", self.gain)
        y = x.scaled_conv(
            self.out,
            self.kernel,
            self.stride,
            groups=self.groups,
            padding=self.padding,
            factor=within,
        )
        return y.act(self.act).scale(after)
