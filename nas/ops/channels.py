"""What moves, picks, pads or scales channels; nothing here is learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from nas.errors import GenotypeError
from nas.ops._base import Op, Spec


@dataclass(frozen=True, slots=True)
class Shuffle(Op):
    """The same shape: channels of `groups` groups dealt out in turn, so that the next groups see
    all of them (ShuffleNet, arXiv:1707.01083)."""

    name: ClassVar[str] = "shuffle"
    keeps_zero: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True

    groups: int

    @property
    def trivial(self) -> bool:
        """One group is dealt out as it stands."""
        return self.groups == 1

    def infer(self, *inputs: Spec) -> Spec:
        """As the input, whose channels the groups divide."""
        if inputs[0].channels % self.groups:
            raise GenotypeError(
                f"a shuffle's groups must divide the channels, but got {inputs[0].channels} "
                f"channels and {self.groups} groups; change the width or the groups"
            )
        return inputs[0]

    def code(self, args: Sequence[str], me: str) -> str:
        """`torch.channel_shuffle`."""
        return f"torch.channel_shuffle({args[0]}, {self.groups})"


@dataclass(frozen=True, slots=True)
class Slice(Op):
    """(C, ...) -> (stop - start, ...): some of the channels."""

    name: ClassVar[str] = "slice"
    keeps_zero: ClassVar[bool] = True

    start: int
    stop: int

    def infer(self, *inputs: Spec) -> Spec:
        """Fewer channels."""
        if not 0 <= self.start < self.stop <= inputs[0].channels:
            raise GenotypeError(
                f"channels {self.start} to {self.stop} are asked for of {inputs[0]}; "
                "ask for some that it has"
            )
        return replace(inputs[0], channels=self.stop - self.start)

    def code(self, args: Sequence[str], me: str) -> str:
        """A view."""
        return f"{args[0]}[:, {self.start}:{self.stop}]"


@dataclass(frozen=True, slots=True)
class PadChannels(Op):
    """(C, H, W) -> (C + more, H, W): channels of zeros behind (ResNet's option A,
    arXiv:1512.03385)."""

    name: ClassVar[str] = "pad"
    keeps_zero: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True

    more: int

    @property
    def trivial(self) -> bool:
        """No more."""
        return self.more == 0

    def infer(self, *inputs: Spec) -> Spec:
        """More channels."""
        _ = inputs[0].map
        return replace(inputs[0], channels=inputs[0].channels + self.more)

    def code(self, args: Sequence[str], me: str) -> str:
        """`F.pad`."""
        return f"F.pad({args[0]}, (0, 0, 0, 0, 0, {self.more}))"
