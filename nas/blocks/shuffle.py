"""ShuffleNet's units: cheap 1x1 convolutions whose groups or halves are mixed by a channel shuffle.

Source: ShuffleNet, arXiv:1707.01083; ShuffleNetV2, arXiv:1807.11164; as choices of a search,
Single Path One-Shot, arXiv:1904.00420.
"""

from __future__ import annotations

from collections.abc import Mapping

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Count, Groups, Kernel, Switch, multiple
from nas.errors import GenotypeError
from nas.graph import Value
from nas.ops import Pair
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

    def multiples(self, channels: int) -> Mapping[str, int]:
        """Whole groups in both 1x1."""
        return {"input": self.groups, "out": multiple(self.groups, 0.25)}

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
        y = x.conv(max(1, self.out // 4), groups=first, name="reduce").norm().act(self.act)
        y = y.then(Shuffle(self.groups))
        y = y.conv(y.channels, 3, self.stride, groups=y.channels, name="depthwise").norm()
        y = y.conv(wide, groups=self.groups, name="expand").norm()
        if self.stride == 1:
            return (y.drop_path() + x).act(self.act)
        return y.concat(x.pool("avg", 3, self.stride)).act(self.act)


def _half(x: Value, out: int) -> int:
    """Half of the channels; GenotypeError where a unit without a stride would change them."""
    if x.channels != out or out % 2:
        raise GenotypeError(
            f"a unit without a stride keeps its channels and halves them, but got {x.channels} in "
            f"and out={out}; make them equal and even, or give it a stride"
        )
    return out // 2


def _projected(x: Value, out: int, kernel: int | Pair, stride: int) -> Value:
    """The branch beside the main one where there is a stride: depthwise, then 1x1."""
    with x.at("other"):
        y = x.conv(x.channels, kernel, stride, groups=x.channels, name="depthwise").norm()
        return y.conv(out, name="pointwise").norm().act("relu")


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

    def multiples(self, channels: int) -> Mapping[str, int]:
        """Two halves."""
        return {"out": 2}

    def body(self, x: Value) -> Value:
        """One branch, one shuffle."""
        half = self.out // 2
        if self.stride == 1:
            half = _half(x, self.out)
            rest = x.then(Slice(0, half))
            y = x.then(Slice(half, self.out))
        else:
            rest, y = _projected(x, half, 3, self.stride), x
        y = y.conv(half, name="pointwise1").norm().act("relu")
        y = y.conv(half, self.kernel, self.stride, groups=half, name="depthwise").norm()
        y = y.conv(half, name="pointwise2").norm().act("relu")
        return rest.concat(y).then(Shuffle(2))


@block("shuffle_unit")
class ShuffleUnit(Block):
    """Every second channel stays, the others go through 1x1, depthwise, 1x1 (or with `xception`
    through three depthwise, each with a 1x1 behind): Single Path One-Shot's four choices.

    With a stride all channels go both ways, and the branch beside puts out as many as come in.
    Shape: (C, H, W) -> (out, ceil(H / stride), ceil(W / stride)); without a stride C is `out`.
    """

    out: Channels
    kernel: Kernel = 3  # of the depthwise convolutions
    stride: Count = 1
    xception: Switch = False

    anchors = (
        Anchor(
            {"out": 64},
            shape=(64, 28, 28),
            params=2 * 32 * 32 + 32 * 9 + 3 * 2 * 32,
            macs=28 * 28 * (2 * 32 * 32 + 32 * 9),
            source="Single Path One-Shot, arXiv:1904.00420, section 3.4, by hand",
        ),
        Anchor(
            {"out": 64, "xception": True},
            shape=(64, 28, 28),
            params=3 * (32 * 9 + 32 * 32 + 2 * 2 * 32),
            macs=28 * 28 * 3 * (32 * 9 + 32 * 32),
            source="Single Path One-Shot, arXiv:1904.00420, section 3.4, by hand",
        ),
    )

    def multiples(self, channels: int) -> Mapping[str, int]:
        """Two halves."""
        return {"out": 2}

    def body(self, x: Value) -> Value:
        """One branch beside another."""
        if self.stride == 1:
            kept = _half(x, self.out)
            dealt = x.then(Shuffle(kept))  # even channels, then odd ones
            rest = dealt.then(Slice(0, kept))
            y = dealt.then(Slice(kept, self.out))
        else:
            rest, y, kept = _projected(x, x.channels, self.kernel, self.stride), x, x.channels
        wide = self.out - kept
        if wide < 1:
            raise GenotypeError(
                f"a shuffle_unit with a stride puts its input's {kept} channels out too, so out "
                f"must be more, but got out={self.out}; widen it"
            )
        middle, step = self.out // 2, self.stride
        if self.xception:
            for out in (middle, middle, wide):
                y = y.conv(y.channels, self.kernel, step, groups=y.channels, name="depthwise")
                y = y.norm().conv(out, name="pointwise").norm().act("relu")
                step = 1
        else:
            y = y.conv(middle, name="pointwise1").norm().act("relu")
            y = y.conv(middle, self.kernel, step, groups=middle, name="depthwise").norm()
            y = y.conv(wide, name="pointwise2").norm().act("relu")
        return rest.concat(y)
