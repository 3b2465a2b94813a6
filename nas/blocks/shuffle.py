"""ShuffleNet's units: cheap 1x1 convolutions whose groups or halves are mixed by a channel shuffle.

Source: ShuffleNet, arXiv:1707.01083; ShuffleNetV2, arXiv:1807.11164; with a longer second branch,
Single Path One-Shot, arXiv:1904.00420.
"""

from __future__ import annotations

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Count, Groups, Kernel, Switch
from nas.errors import GenotypeError
from nas.graph import Value
from nas.ops.channels import Shuffle, Slice


@block("shuffle_group")
class ShuffleGroup(Block):
    """x + f(x), f = 1x1 in groups, shuffle, depthwise 3x3, 1x1 in groups; with a stride, the mean
    of x is put before f(x).

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)); without a stride C is `out`.
    """

    out: Channels
    stride: Count = 1
    groups: Groups = 3
    grouped: Switch = True  # the first 1x1 is in groups, too
    act: Activation = "relu"

    residual = True
    anchors = (
        Anchor(
            {"out": 240},
            shape=(240, 28, 28),
            params=2 * 240 * 60 // 3 + 60 * 9 + 2 * (60 + 60 + 240),
            macs=28 * 28 * (2 * 240 * 60 // 3 + 60 * 9),
            source="ShuffleNet 1x, g = 3, stage 2, arXiv:1707.01083, Table 1, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Narrow, shuffle, filter, widen."""
        if self.stride == 1 and x.channels != self.out:
            raise GenotypeError(
                f"a shuffle_group without a stride keeps its channels, but got {x.channels} in and "
                f"out={self.out}; make them equal or give it a stride"
            )
        wide = self.out if self.stride == 1 else self.out - x.channels
        if wide < 1:
            raise GenotypeError(
                f"a shuffle_group with a stride puts its input's {x.channels} channels out too, so "
                f"out must be more, but got out={self.out}; widen it"
            )
        first = self.groups if self.grouped else 1
        y = x.conv(self.out // 4, groups=first, name="reduce").norm().act(self.act)
        y = x.recorder.add(Shuffle(self.groups), (y,))
        y = y.conv(y.channels, 3, self.stride, groups=y.channels, name="depthwise").norm()
        y = y.conv(wide, groups=self.groups, name="expand").norm()
        if self.stride == 1:
            return (y.drop_path() + x).act(self.act)
        return y.concat(x.pool("avg", 3, self.stride)).act(self.act)


def _halves(x: Value, out: int, stride: int) -> tuple[Value, Value]:
    """What stays and what is worked on: halves of the channels, or with a stride all of them twice,
    the first filtered."""
    if out % 2:
        raise GenotypeError(f"out is two halves, so it must be even, but got out={out}; add one")
    if stride > 1:
        with x.at("other"):
            y = x.conv(x.channels, 3, stride, groups=x.channels, name="depthwise").norm()
            return y.conv(out // 2, name="pointwise").norm().act("relu"), x
    if x.channels != out:
        raise GenotypeError(
            f"a split unit without a stride keeps its channels, but got {x.channels} in and "
            f"out={out}; make them equal or give it a stride"
        )
    parts = [(0, out // 2), (out // 2, out)]
    one, two = (x.recorder.add(Slice(*part), (x,)) for part in parts)
    return one, two


@block("shuffle_split")
class ShuffleSplit(Block):
    """Half the channels stay, half go through 1x1, depthwise, 1x1; then both are shuffled.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)); without a stride C is `out`.
    """

    out: Channels
    kernel: Kernel = 3  # of the depthwise convolution
    stride: Count = 1

    anchors = (
        Anchor(
            {"out": 116},
            shape=(116, 28, 28),
            params=2 * 58 * 58 + 58 * 9 + 3 * 2 * 58,
            macs=28 * 28 * (2 * 58 * 58 + 58 * 9),
            source="ShuffleNetV2 1x, stage 2, arXiv:1807.11164, Table 5, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """One branch, one shuffle."""
        rest, y = _halves(x, self.out, self.stride)
        half = self.out // 2
        y = y.conv(half, name="pointwise1").norm().act("relu")
        y = y.conv(half, self.kernel, self.stride, groups=half, name="depthwise").norm()
        y = y.conv(half, name="pointwise2").norm().act("relu")
        return x.recorder.add(Shuffle(2), (rest.concat(y),))


@block("shuffle_xception")
class ShuffleXception(Block):
    """Half the channels stay, half go through three depthwise 3x3 each followed by a 1x1; then both
    are shuffled.

    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)); without a stride C is `out`.
    """

    out: Channels
    stride: Count = 1

    anchors = (
        Anchor(
            {"out": 64},
            shape=(64, 28, 28),
            params=3 * (32 * 9 + 32 * 32 + 2 * 2 * 32),
            macs=28 * 28 * 3 * (32 * 9 + 32 * 32),
            source="Single Path One-Shot, arXiv:1904.00420, section 3.4, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Three separable convolutions, one shuffle."""
        rest, y = _halves(x, self.out, self.stride)
        for number in range(1, 4):
            stride = self.stride if number == 1 else 1
            y = y.conv(y.channels, 3, stride, groups=y.channels, name=f"depthwise{number}").norm()
            y = y.conv(self.out // 2, name=f"pointwise{number}").norm().act("relu")
        return x.recorder.add(Shuffle(2), (rest.concat(y),))
