"""Ghost modules: half of the maps by convolution, half from those by a cheap filter each.

Source: GhostNet, arXiv:1911.11907.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Kernel, Ratio, Stride, round_channels
from nas.blocks.squeeze import squeeze
from nas.graph import Value
from nas.ops.channels import Slice


def ghost(x: Value, out: int, kernel: int | tuple[int, int], act: str) -> Value:
    """(C, H, W) -> (out, H, W): half by 1x1, each of those filtered by a `kernel` for the rest."""
    half = -(-out // 2)
    y = x.conv(half, name="primary").norm().act(act)
    z = y.conv(half, kernel, groups=half, name="cheap").norm().act(act)
    both = y.concat(z)
    return both if both.channels == out else both.then(Slice(0, out))


@block("ghost_conv")
class GhostConv(Block):
    """Half of the channels by 1x1, the other half by a filter on each of those; both side by side.

    Where `out` is odd, the last channel is cut off.
    Shape: (C, H, W) -> (out, H, W).
    """

    out: Channels
    kernel: Kernel = 3  # of the cheap filters
    act: Activation = "relu"

    anchors = (
        Anchor(
            {"out": 48},
            shape=(16, 112, 112),
            params=16 * 24 + 24 * 9 + 2 * 48,
            macs=112 * 112 * (16 * 24 + 24 * 9),
            source="GhostNet, second bottleneck's expansion, arXiv:1911.11907, Table 1, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Half and half."""
        return ghost(x, self.out, self.kernel, self.act)


@block("ghost_bneck")
class GhostBottleneck(Block):
    """Expand to `hidden`, filter each channel where strided, reweigh, project; both ends are ghost
    modules. Add the input, filtered (k x k each) and projected (1x1) where shapes differ.

    The squeeze has `se` of the hidden channels in multiples of 4, ReLU, and a hard sigmoid.
    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)).
    """

    out: Channels
    kernel: Kernel = 3  # of the strided filter and of the shortcut
    stride: Stride = 1
    hidden: Channels | None = None  # None: as many as come in
    se: Ratio = 0.0  # squeezed channels per hidden channel; 0 leaves the squeeze out
    act: Activation = "relu"

    residual = True
    anchors = (
        Anchor(
            {"out": 16},
            shape=(16, 112, 112),
            params=2 * (16 * 8 + 8 * 9 + 32),
            macs=112 * 112 * 2 * (16 * 8 + 8 * 9),
            source="GhostNet, first bottleneck, arXiv:1911.11907, Table 1, by hand",
        ),
        Anchor(
            {"out": 40, "kernel": 5, "stride": 2, "hidden": 72, "se": 0.25},
            shape=(24, 56, 56),
            params=(24 * 36 + 36 * 9 + 144)  # expansion
            + (72 * 25 + 144)  # strided filter
            + (72 * 20 + 20 + 20 * 72 + 72)  # squeeze: 18 channels in multiples of 4 are 20
            + (72 * 20 + 20 * 9 + 80)  # projection
            + (24 * 25 + 48 + 24 * 40 + 80),  # shortcut
            macs=56 * 56 * (24 * 36 + 36 * 9)
            + 28 * 28 * (72 * 25 + 72 * 20 + 20 * 9 + 24 * 25 + 24 * 40)
            + 2 * 72 * 20,
            source="GhostNet, fourth bottleneck, arXiv:1911.11907, Table 1, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Narrow, wide, narrow."""
        hidden = self.hidden or x.channels
        with x.at("expand"):
            y = ghost(x, hidden, 3, self.act)
        if self.stride != 1:
            y = y.conv(hidden, self.kernel, self.stride, groups=hidden, name="depthwise").norm()
        if self.se:
            y = squeeze(y, round_channels(hidden * self.se, 4), "relu", "hardsigmoid")
        with x.at("project"):
            y = ghost(y, self.out, 3, "none")
        if self.stride == 1 and x.channels == self.out:
            return y.drop_path() + x
        with x.at("shortcut"):
            z = x.conv(
                x.channels, self.kernel, self.stride, groups=x.channels, name="depthwise"
            ).norm()
            return y.drop_path() + z.conv(self.out, name="project").norm()
