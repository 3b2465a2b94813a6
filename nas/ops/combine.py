"""Where several values become one: sum, product, concatenation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nas.errors import GenotypeError
from nas.ops._base import Op, Spec


@dataclass(frozen=True, slots=True)
class Add(Op):
    """Equal shapes -> that shape: the sum."""

    name: ClassVar[str] = "add"
    lies: ClassVar[str] = "any"
    overwritable: ClassVar[bool] = True
    keeps_zero: ClassVar[bool] = True
    commutes: ClassVar[bool] = True

    def infer(self, *inputs: Spec) -> Spec:
        """All must have one shape."""
        if any(x.shape != inputs[0].shape for x in inputs[1:]):
            raise GenotypeError(
                f"the terms of a sum must have one shape, but got {' + '.join(map(str, inputs))}; "
                "give each the same channels and stride (a 1x1 conv projects a shortcut)"
            )
        return inputs[0]

    def code(self, args: Sequence[str], me: str) -> str:
        """`a + b`."""
        return " + ".join(args)

    def in_place(self, args: Sequence[str], me: str) -> str | None:
        """Adds into the first."""
        written = args[0]
        for other in args[1:]:
            written += f".add_({other})"
        return written


@dataclass(frozen=True, slots=True)
class Multiply(Op):
    """Two shapes, one may be 1x1 in size -> the larger: the product of each number."""

    name: ClassVar[str] = "scale"
    lies: ClassVar[str] = "any"
    saves_input: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True
    commutes: ClassVar[bool] = True
    keeps_zero: ClassVar[bool] = True

    def infer(self, *inputs: Spec) -> Spec:
        """Equal channels; equal sizes, or one pixel for all."""
        a, b = inputs
        if a.channels != b.channels or len(a.size) != len(b.size):
            raise GenotypeError(f"a product needs equal channels, but got {a} * {b}")
        if a.size != b.size and set(b.size) != {1} and set(a.size) != {1}:
            raise GenotypeError(f"a product needs equal sizes or one pixel, but got {a} * {b}")
        return a if a.elements >= b.elements else b

    def code(self, args: Sequence[str], me: str) -> str:
        """`a * b`."""
        return " * ".join(args)


@dataclass(frozen=True, slots=True)
class Concat(Op):
    """Equal sizes -> the channels one after another."""

    name: ClassVar[str] = "concat"
    overwritable: ClassVar[bool] = True
    keeps_zero: ClassVar[bool] = True  # where all of them are zero

    def infer(self, *inputs: Spec) -> Spec:
        """All must have one size."""
        if any(x.size != inputs[0].size for x in inputs[1:]):
            raise GenotypeError(
                "concatenated branches must have one size, but got "
                f"{' | '.join(map(str, inputs))}; "
                "give each branch the same stride and padding"
            )
        return Spec(sum(x.channels for x in inputs), inputs[0].size)

    def code(self, args: Sequence[str], me: str) -> str:
        """`torch.cat` along channels."""
        return f"torch.cat(({', '.join(args)}), 1)"

    @property
    def trivial(self) -> bool:
        """Never by itself: the graph leaves out a concatenation of one."""
        return False
