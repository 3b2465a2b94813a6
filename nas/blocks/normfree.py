"""Residual blocks without normalisation: x + alpha * f(x / deviation), f keeps the variance.

Source: NF-ResNet, arXiv:2101.08692; NFNet, arXiv:2102.06171.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import (
    Activation,
    Channels,
    Count,
    Groups,
    GroupWidth,
    Positive,
    Switch,
    multiple,
)
from nas.blocks.scaled_conv import Gain, gains
from nas.blocks.squeeze import squeeze
from nas.graph import Value


@dataclass(frozen=True, slots=True)
class _Branch:
    """What the residual branches of this file share."""

    out: int
    middle: int
    groups: int
    stride: int
    filters: int  # 3x3 convolutions in the middle
    se: bool
    alpha: float
    act: str
    gain: str
    skip_gain: bool

    def __call__(self, x: Value) -> Value:
        """Activations first; the shortcut is projected, and its variance 1 again, where shapes
        differ."""
        after, within = gains(self.act, self.gain)
        start = x.act(self.act).scale(after * x.spec.variance**-0.5)
        same = self.stride == 1 and x.channels == self.out
        skip = x if same else self._shortcut(start, within)
        y = start.scaled_conv(self.middle, factor=within, name="conv1")
        for number in range(self.filters):
            y = y.act(self.act).scale(after)
            y = y.scaled_conv(
                self.middle,
                3,
                1 if number else self.stride,
                groups=self.groups,
                factor=within,
                name=f"conv{number + 2}",
            )
        y = y.act(self.act).scale(after)
        begin = 1.0 if self.skip_gain else 0.0
        name = f"conv{self.filters + 2}"
        y = y.scaled_conv(self.out, factor=within, begin=begin, name=name)
        if self.se:  # a gate halves on average
            y = squeeze(y, max(1, self.out // 2), "relu").scale(2.0)
        y = y.drop_path()
        return skip.add_scaled(y.skip_gain() if self.skip_gain else y, self.alpha)

    def _shortcut(self, start: Value, within: float) -> Value:
        if self.stride > 1:
            start = start.pool("avg", 2, self.stride, padding=0, ceil=True, count_pad=False)
        return start.scaled_conv(self.out, factor=within, name="shortcut")


@block("nf_bottleneck")
class NormFreeBottleneck(Block):
    """x + alpha * f(x), f = 1x1, 3x3, 1x1 with standardised weights, activations first.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels
    stride: Count = 1
    width: Positive = 0.25  # channels of the 3x3 per output channel
    groups: Groups = 1
    alpha: Positive = 0.2  # of the branch's deviation
    act: Activation = "relu"
    gain: Gain = "act"
    skip_gain: Switch = True  # a learned factor of the branch; else its last gains begin at zero

    residual = True
    anchors = (
        Anchor(
            {"out": 256},
            shape=(256, 56, 56),
            params=2 * 256 * 64 + 64 * 64 * 9 + 2 * (64 + 64 + 256) + 1,
            macs=218_365_952,
            source="NF-ResNet-50, arXiv:2101.08692: as ResNet-50's conv2_x, biases and gains for "
            "batch norm's shifts and scales, by hand",
        ),
    )

    def multiples(self, channels: int) -> Mapping[str, int]:
        """Whole groups in the 3x3."""
        return {"out": multiple(self.groups, self.width)}

    def body(self, x: Value) -> Value:
        """Narrow, filter, widen, and the sum."""
        middle = round(self.out * self.width)
        return _Branch(
            out=self.out,
            middle=middle,
            groups=self.groups,
            stride=self.stride,
            filters=1,
            se=False,
            alpha=self.alpha,
            act=self.act,
            gain=self.gain,
            skip_gain=self.skip_gain,
        )(x)


@block("nfnet")
class NFNetBlock(Block):
    """x + alpha * f(x), f = 1x1, two grouped 3x3, 1x1 with standardised weights, activations
    first, then squeeze-and-excitation by half, doubled.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels
    stride: Count = 1
    width: Positive = 0.5  # channels of the 3x3s per output channel
    group_width: GroupWidth = 128  # channels that the 3x3s see together
    alpha: Positive = 0.2  # of the branch's deviation
    act: Activation = "gelu"
    gain: Gain = "act"
    skip_gain: Switch = True  # a learned factor of the branch; else its last gains begin at zero

    residual = True
    anchors = (
        Anchor(
            {"out": 512},
            shape=(512, 32, 32),
            params=2 * 512 * 256
            + 2 * 256 * 128 * 9
            + 2 * (3 * 256 + 512)
            + 2 * 512 * 256
            + 256
            + 512
            + 1,
            macs=32 * 32 * (2 * 512 * 256 + 2 * 256 * 128 * 9) + 2 * 512 * 256,
            source="NFNet-F0, stage 2, arXiv:2102.06171, Figure 5 and Table 1, by hand",
        ),
    )

    def multiples(self, channels: int) -> Mapping[str, int]:
        """Whole groups in the 3x3s."""
        return {"out": multiple(self.group_width, self.width)}

    def body(self, x: Value) -> Value:
        """Narrow, filter twice, widen, weigh, and the sum."""
        middle = round(self.out * self.width)
        groups = max(1, middle // self.group_width)
        return _Branch(
            out=self.out,
            middle=middle // groups * groups,
            groups=groups,
            stride=self.stride,
            filters=2,
            se=True,
            alpha=self.alpha,
            act=self.act,
            gain=self.gain,
            skip_gain=self.skip_gain,
        )(x)
