"""Residual blocks: H(x) = F(x) + x, plain, bottleneck (with cardinality and
squeeze-and-excitation) and pre-activation.

Source: ResNet, arXiv:1512.03385; ResNeXt, arXiv:1611.05431; SENet, arXiv:1709.01507;
pre-activation, arXiv:1603.05027; wide, with dropout, arXiv:1605.07146.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import (
    Activation,
    Channels,
    Count,
    Groups,
    Positive,
    Rate,
    Ratio,
    Switch,
    multiple,
    one_of,
)
from nas.blocks.squeeze import squeeze
from nas.errors import GenotypeError
from nas.graph import Value
from nas.ops.channels import PadChannels


def shortcut(x: Value, out: int, stride: int, how: str = "project") -> Value:
    """`x`; where the channels or the stride differ, projected (1x1), or with `how="pad"` every
    `stride`-th pixel with channels of zeros behind."""
    if stride == 1 and x.channels == out:
        return x
    if how == "pad":
        if x.channels > out:
            raise GenotypeError(
                f"a padded shortcut can't lose channels, but got {x.channels} in and out={out}; "
                'widen it or set shortcut="project"'
            )
        fewer = x.pool("max", 1, stride) if stride > 1 else x
        return fewer.then(PadChannels(out - x.channels))
    return x.conv(out, 1, stride, name="shortcut").norm()


@block("basic")
class Basic(Block):
    """x + f(x), f = 3x3, 3x3; the shortcut is projected where shapes differ.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels
    stride: Count = 1
    se: Ratio = 0.0  # squeezed channels per output channel; 0 leaves the squeeze out
    act: Activation = "relu"
    shortcut: Annotated[str, one_of("project", "pad")] = "project"  # the paper's option B or A

    residual = True
    anchors = (
        Anchor(
            {"out": 64},
            shape=(64, 56, 56),
            params=73_984,
            macs=231_211_008,
            source="ResNet-18, conv2_x, arXiv:1512.03385, Table 1: two of 64*64*9 and 128, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Two convolutions and the sum."""
        y = x.conv(self.out, 3, self.stride, name="conv1").norm().act(self.act)
        y = y.conv(self.out, 3, name="conv2").norm()
        if self.se:
            y = squeeze(y, max(1, int(self.out * self.se)), "relu")
        skip = shortcut(x, self.out, self.stride, self.shortcut)
        return (y.drop_path() + skip).act(self.act)


@block("bottleneck")
class Bottleneck(Block):
    """x + f(x), f = 1x1, 3x3, 1x1 with the middle narrow or in groups; the shortcut is projected
    where shapes differ.

    The stride is on the 3x3, as torchvision's; the paper has it on the first 1x1 (`early`).
    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels
    stride: Count = 1
    width: Positive = 0.25  # channels of the 3x3 per output channel
    groups: Groups = 1  # cardinality: independent parts of the 3x3
    se: Ratio = 0.0  # squeezed channels per output channel; 0 leaves the squeeze out
    act: Activation = "relu"
    early: Switch = False  # the stride is on the first 1x1, as in the paper

    residual = True
    anchors = (
        Anchor(
            {"out": 256},
            shape=(256, 56, 56),
            params=70_400,
            macs=218_365_952,
            source="ResNet-50, conv2_x, arXiv:1512.03385: 256*64 + 64*64*9 + 64*256, by hand",
        ),
        Anchor(
            {"out": 256, "width": 0.5, "groups": 32},
            shape=(256, 56, 56),
            params=2 * 256 * 128 + 128 * 4 * 9 + 2 * (128 + 128 + 256),
            macs=56 * 56 * (2 * 256 * 128 + 128 * 4 * 9),
            source="ResNeXt-50 32x4d, conv2, arXiv:1611.05431, Table 1, by hand",
        ),
    )

    def multiples(self, channels: int) -> Mapping[str, int]:
        """Whole groups in the 3x3."""
        return {"out": multiple(self.groups, self.width)}

    def body(self, x: Value) -> Value:
        """Narrow, filter, widen, and the sum."""
        middle = round(self.out * self.width)
        first, second = (self.stride, 1) if self.early else (1, self.stride)
        y = x.conv(middle, 1, first, name="conv1").norm().act(self.act)
        y = y.conv(middle, 3, second, groups=self.groups, name="conv2").norm().act(self.act)
        y = y.conv(self.out, name="conv3").norm()
        if self.se:
            y = squeeze(y, max(1, int(self.out * self.se)), "relu")
        return (y.drop_path() + shortcut(x, self.out, self.stride)).act(self.act)


@block("preact")
class PreActivation(Block):
    """x + f(x), f = bottleneck with each norm and activation before its convolution; nothing
    after the sum.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels
    stride: Count = 1
    width: Positive = 0.25  # channels of the 3x3 per output channel
    groups: Groups = 1
    act: Activation = "relu"

    residual = True
    anchors = (
        Anchor(
            {"out": 256},
            shape=(256, 56, 56),
            params=256 * 64 + 64 * 64 * 9 + 64 * 256 + 2 * (256 + 64 + 64),
            macs=218_365_952,
            source="pre-activation ResNet, arXiv:1603.05027, Figure 4 (e), by hand",
        ),
    )

    def multiples(self, channels: int) -> Mapping[str, int]:
        """Whole groups in the 3x3."""
        return {"out": multiple(self.groups, self.width)}

    def body(self, x: Value) -> Value:
        """The projection, where there is one, reads the activated input."""
        middle = round(self.out * self.width)
        y = x.norm(name="norm1").act(self.act)
        same = self.stride == 1 and x.channels == self.out
        skip = x if same else y.conv(self.out, 1, self.stride, name="shortcut")
        y = y.conv(middle, name="conv1").norm(name="norm2").act(self.act)
        y = y.conv(middle, 3, self.stride, groups=self.groups, name="conv2")
        y = y.norm(name="norm3").act(self.act).conv(self.out, name="conv3")
        return y.drop_path() + skip


@block("preact_basic")
class PreActivationBasic(Block):
    """x + f(x), f = 3x3, 3x3 with each norm and activation before its convolution and dropout
    between them; nothing after the sum.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels
    stride: Count = 1
    dropout: Rate = 0.0
    act: Activation = "relu"

    residual = True
    anchors = (
        Anchor(
            {"out": 160},
            shape=(160, 32, 32),
            params=2 * 160 * 160 * 9 + 2 * 2 * 160,
            macs=32 * 32 * 2 * 160 * 160 * 9,
            source="WRN-28-10, conv2, arXiv:1605.07146, Table 1, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """The projection, where there is one, reads the activated input."""
        y = x.norm(name="norm1").act(self.act)
        same = self.stride == 1 and x.channels == self.out
        before = y
        y = y.conv(self.out, 3, self.stride, name="conv1").norm(name="norm2").act(self.act)
        y = y.dropout(self.dropout).conv(self.out, 3, name="conv2").drop_path()
        return y + (x if same else before.conv(self.out, 1, self.stride, name="shortcut"))
