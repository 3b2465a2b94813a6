"""Convolution with normalisation and activation: the word that most networks are spelled with."""

from __future__ import annotations

from collections.abc import Mapping

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import (
    Activation,
    Channels,
    Dilation,
    Groups,
    Kernel,
    Padding,
    Stride,
    Switch,
)
from nas.graph import Value


@block("conv")
class Conv(Block):
    """Filter, normalise, activate.

    Without `out` the channels stay.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)) with the default padding and an
    odd kernel.
    """

    out: Channels | None = None
    kernel: Kernel = 1
    stride: Stride = 1
    groups: Groups = 1
    act: Activation = "relu"
    bias: Switch | None = None  # None: where nothing normalises
    padding: Padding | None = None
    dilation: Dilation = 1

    # ResNet-50's stem (7x7, 64 channels) without its activation: 64*3*49 weights, 128 of batch
    # norm; 64*3*49*112*112
    anchors = (
        Anchor(
            {"out": 64, "kernel": 7, "stride": 2},
            shape=(3, 224, 224),
            params=9_536,
            macs=118_013_952,
            source="ResNet, arXiv:1512.03385, Table 1, counted by hand",
        ),
    )

    def multiples(self, channels: int) -> Mapping[str, int]:
        """Whole groups; one filter a channel stays so."""
        return {} if self.groups == channels else {"input": self.groups, "out": self.groups}

    def body(self, x: Value) -> Value:
        """conv, norm, act."""
        bias = x.settings.norm == "none" if self.bias is None else self.bias
        y = x.conv(
            self.out or x.channels,
            self.kernel,
            self.stride,
            groups=self.groups,
            padding=self.padding,
            dilation=self.dilation,
            bias=bias,
        )
        return y.norm().act(self.act)
