"""The layers of a state dict: tensors that belong together, by their names alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor

Shape: TypeAlias = tuple[int, ...]
Signature: TypeAlias = tuple[tuple[str, Shape], ...]

SLOTS = ("weight", "bias", "running_mean", "running_var")
COUNTER = "num_batches_tracked"  # no network's output depends on it
JOINT = "in_proj_"
ROWS = 10  # of a table in an error


@dataclass(frozen=True, slots=True)
class Layer:
    """Tensors under one prefix; a tensor of another name than `SLOTS` is a layer of its own."""

    name: str
    keys: tuple[tuple[str, str], ...]  # (slot, key in the state dict), in the order of `SLOTS`
    shapes: tuple[tuple[str, Shape], ...]  # (slot, shape)

    @property
    def signature(self) -> Signature:
        """What must be equal: a 1x1 convolution's weights are a linear layer's."""
        return tuple((slot, bare(shape)) for slot, shape in self.shapes)

    @property
    def shown(self) -> str:
        """`features.0 weight 64x3x7x7`: its name and its first tensor's shape."""
        slot, shape = self.shapes[0]
        size = "x".join(map(str, shape)) or "one number"
        kind = "norm" if "running_var" in dict(self.shapes) else slot
        return f"{self.name[-60:]} {f'{kind} ' if kind else ''}{size}"


def bare(shape: Shape) -> Shape:
    """A shape without the ones at its end."""
    end = len(shape)
    while end and shape[end - 1] == 1:
        end -= 1
    return shape[:end]


def layers(state: Mapping[str, Tensor]) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    """(the layers in the order of their first keys, the keys that hold no learned number)."""
    found: dict[str, dict[str, str]] = {}
    ignored = []
    for key, value in state.items():
        prefix, _, last = key.rpartition(".")
        if last.startswith(JOINT):  # of torch's MultiheadAttention: a linear layer's
            prefix, last = f"{prefix}.{JOINT}".lstrip("."), last.removeprefix(JOINT)
        if last == COUNTER or not value.is_floating_point():
            ignored.append(key)
        elif last in SLOTS and prefix:
            found.setdefault(prefix, {})[last] = key
        else:
            found.setdefault(key, {})[""] = key
    made = []
    for name, parts in found.items():
        keys = tuple((slot, parts[slot]) for slot in (*SLOTS, "") if slot in parts)
        made.append(Layer(name, keys, tuple((s, tuple(state[k].shape)) for s, k in keys)))
    return tuple(made), tuple(ignored)


def table(ours: Sequence[Layer], theirs: Sequence[Layer]) -> str:
    """What found no partner, side by side; at most `ROWS` lines."""
    left = [layer.shown for layer in ours] or ["-"]
    right = [layer.shown for layer in theirs] or ["-"]
    count = max(len(left), len(right))
    left += [""] * (count - len(left))
    right += [""] * (count - len(right))
    width = max(len(text) for text in ("the network", *left[:ROWS]))
    pairs = [("the network", "the source"), *zip(left[:ROWS], right[:ROWS], strict=True)]
    lines = [f"  {a:<{width}}  {b}".rstrip() for a, b in pairs]
    if count > ROWS:
        lines.append(f"  and {count - ROWS} more")
    return "\n".join(lines)


def unpaired(
    ours: Iterable[Layer], theirs: Iterable[Layer]
) -> tuple[tuple[Layer, ...], tuple[Layer, ...]]:
    """Layers of each side for which the other has none of the same shapes left."""
    one, other = list(ours), list(theirs)
    pools = ([layer.signature for layer in other], [layer.signature for layer in one])
    rests = []
    for side, pool in zip((one, other), pools, strict=True):
        counts: dict[Signature, int] = {}
        for signature in pool:
            counts[signature] = counts.get(signature, 0) + 1
        rest = []
        for layer in side:
            if counts.get(layer.signature, 0):
                counts[layer.signature] -= 1
            else:
                rest.append(layer)
        rests.append(tuple(rest))
    return rests[0], rests[1]
