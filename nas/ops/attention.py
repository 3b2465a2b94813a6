"""Attention between pixels or tokens: everywhere or in windows, with a bias by relative position.

Source: arXiv:1706.03762; shifted windows and the table of biases, Swin, arXiv:2103.14030; cosine
and continuous bias, Swin V2, arXiv:2111.09883; relative attention on maps, CoAtNet,
arXiv:2106.04803.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from nas.errors import GenotypeError
from nas.ops._base import Layer, Op, Pair, Spec, Total

HIDDEN = 512  # of the small network that makes the continuous bias


def fitted(sides: Pair, window: Pair | None) -> tuple[Pair, Pair]:
    """(window, border): no larger than the map, and what the map lacks at the bottom and right for
    windows to fill it; without one the whole map."""
    height, width = (
        sides if window is None else (min(window[0], sides[0]), min(window[1], sides[1]))
    )
    return (height, width), (-sides[0] % height, -sides[1] % width)


@dataclass(frozen=True, slots=True)
class Attend(Op):
    """(3 * C, ...) -> (C, ...): each place takes a mean of all values, weighed by how well its
    query fits their keys, in each of `heads` parts of the channels by itself.

    With a window only inside it; windows are moved by `shift` pixels, and what wraps around stays
    apart. `bias` is added to the weights before softmax: "none", "relative" (a learned table by
    distance) or "continuous" (a small network of the distance, 0 to 16).
    """

    name: ClassVar[str] = "attend"
    saves_input: ClassVar[bool] = True
    saves_output: ClassVar[bool] = True
    keeps_zero: ClassVar[bool] = True
    lies: ClassVar[str] = "last"

    heads: int
    within: Pair | None = None  # (height, width) of a window
    shift: Pair = (0, 0)
    bias: str = "none"
    cosine: bool = False  # queries and keys of length 1, their product times a learned scale
    interleaved: bool = False  # the input's order: each head's q, k, v; else all q, all k, all v

    def on(self, x: Spec) -> Attend:
        """As it is on that map: where the window is the whole side, nothing is shifted."""
        if self.shift == (0, 0):
            return self
        if not self.within:
            raise GenotypeError(f"a shift of {self.shift} needs a window; write window=...")
        (down, right), (height, width) = self.shift, self.within
        down, right = down * (height < x.map[0]), right * (width < x.map[1])
        if down >= height or right >= width:
            raise GenotypeError(
                f"a shift must be smaller than its window of {self._sides()}, but got {self.shift}"
            )
        return replace(self, shift=(down, right))

    def infer(self, *inputs: Spec) -> Spec:
        """A third of the channels."""
        (x,) = inputs
        if not x.size:
            raise GenotypeError(
                f"attention needs a map or tokens and gets a vector of {x.channels // 3}; "
                "put it before the pooling head"
            )
        if self.within:
            height, width = x.map
            if height % self.within[0] or width % self.within[1]:
                raise GenotypeError(f"windows of {self._sides()} don't fill a map of {x}")
        elif self.bias != "none":
            raise GenotypeError(
                f"a relative position bias needs a map and gets tokens of {x}; "
                'leave out the class token, or write bias="none" and positions'
            )
        return Spec(x.channels // 3, x.size, last=True)

    def _sides(self) -> str:
        return f"{self.within[0]}x{self.within[1]}" if self.within else ""

    def _offsets(self) -> int:
        """Distances between two pixels of a window."""
        assert self.within
        return (2 * self.within[0] - 1) * (2 * self.within[1] - 1)

    def total(self, out: Spec, *inputs: Spec) -> Total:
        """The table or the small network, and a scale a head; queries times keys, weights times
        values, and the small network once."""
        elements, params = out.elements, self.heads if self.cosine else 0
        places = elements // out.channels
        macs = 2 * elements * (self.within[0] * self.within[1] if self.within else places)
        if self.bias == "relative":
            params += self._offsets() * self.heads
        if self.bias == "continuous":
            params += HIDDEN * (2 + 1 + self.heads)
            macs += self._offsets() * HIDDEN * (2 + self.heads)
        return Total(params, macs, elements)

    def layer(self, *inputs: Spec) -> Layer:
        """`nas.ops.layers.Attend`; what has no parameters and no windows still is one, to be
        hooked."""
        options: list[tuple[str, object]] = []
        if self.within:
            options += [("size", inputs[0].size), ("window", self.within)]
            if self.shift != (0, 0):
                options.append(("shift", self.shift))
        if self.bias != "none":
            options.append(("bias", self.bias))
        if self.cosine:
            options.append(("cosine", True))
        if self.interleaved:
            options.append(("interleaved", True))
        return Layer("Attend", (self.heads,), tuple(options))

    def window(self, x: Spec) -> tuple[Pair, Pair]:
        """What one place sees; tokens have lost their grid, and saw all when they were made."""
        return self.within or (x.map if len(x.size) == 2 else (1, 1)), (1, 1)
