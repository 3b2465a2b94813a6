"""Dense evaluation: a classifier slid over larger images, its head made a convolution.

Source: OverFeat, arXiv:1312.6229, section 3.3 (the classifier as a convolution, several scales, the
last pooling shifted). Works on any network whose trunk takes images of other sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from nas.compiler.network import Network, compile
from nas.errors import GenotypeError
from nas.evaluate._calls import Calls
from nas.genotype import Genotype, parse
from nas.genotype.binding import image, leaf
from nas.genotype.expression import Chain, Default, Image, Leaf, Repeat
from nas.genotype.recording import graph

POOLS = (F.max_pool2d, F.avg_pool2d)
Values = Mapping[str, Any]


def dense(genotype: Genotype, height: int, width: int) -> Genotype:
    """The genotype for images of `height` x `width` pixels, each layer of its head a convolution.

    Shape: (C, H, W) -> (classes, H', W'), a score for each window of the size it was made for; for
    images of that size 1 x 1. Parameters are those of `genotype`, in its order.
    Raises `GenotypeError` where the head does what no convolution can.
    """
    items = genotype.items if isinstance(genotype, Chain) else (genotype,)
    begin = _head(items)
    first = items[0]
    assert isinstance(first, Image)
    shape = graph(Chain(items[:begin])).spec.shape
    trunk = (image(first.channels, height, width), *items[1:begin])
    made, size = list(trunk), shape[1:]
    for part in _unrolled(items[begin:]):
        new, size = _slid(part, size)
        made += new
    return Chain(tuple(made))


@dataclass(slots=True)
class Dense:
    """A trained network that classifies images by sliding over them.

    `shifts` also shifts the last pooling by each of its stride's pixels (OverFeat, section 3.3), so
    that windows lie as dense as before that pooling.
    """

    network: Network
    shifts: bool = True
    _sizes: dict[tuple[int, int], Network] = field(default_factory=dict)

    def maps(self, images: Tensor) -> Iterator[Tensor]:
        """Logits (B, classes, H', W') of images (B, C, H, W): a map for each shift.

        Raises `GenotypeError` where images are smaller than those the network was made for.
        """
        own = self.network.input_shape[1:]
        if any(side < least for side, least in zip(images.shape[2:], own, strict=True)):
            raise GenotypeError(
                f"dense evaluation needs images of at least {own[0]} x {own[1]} pixels, the size "
                f"that the network was made for, but got {images.shape[2]} x {images.shape[3]}"
            )
        model = self._at(images.shape[2], images.shape[3])
        with torch.inference_mode():
            watch = _LastPool()
            with watch:
                yield model(images)
            for shift in self._shifts(watch, images) if self.shifts else ():
                with _LastPool(watch.calls, shift):
                    yield model(images)

    def _shifts(self, watch: _LastPool, images: Tensor) -> Iterator[tuple[int, int]]:
        """The shifts of the last pooling that leave it at least one window of the head."""
        height, width = self.network.input_shape[1:]
        least = _LastPool()
        with least:
            self.network(images[:1, :, :height, :width])
        room = [had - needs for had, needs in zip(watch.size, least.size, strict=True)]
        for rows, columns in product(range(watch.stride), repeat=2):
            if (rows or columns) and rows <= room[0] and columns <= room[1]:
                yield rows, columns

    def shares(self, images: Tensor) -> Tensor:
        """Shares of each class (B, classes), for images (B, C, H, W) as they are.

        The largest of each class over all windows and shifts; rows then made to add up to 1.
        """
        best = [F.softmax(each, 1).amax((2, 3)) for each in self.maps(images)]
        largest = torch.stack(best).amax(0)
        return largest / largest.sum(1, keepdim=True)

    def _at(self, height: int, width: int) -> Network:
        if (height, width) not in self._sizes:
            device = next(self.network.parameters()).device
            made = compile(dense(parse(self.network.genotype), height, width), device=device)
            _copy(self.network, made)
            self._sizes[height, width] = made.eval()
        return self._sizes[height, width]


def _copy(old: Network, new: Network) -> None:
    """The old network's weights in the new one: the same layers in the same order, a linear
    layer's matrix as a convolution's."""
    wanted = new.state_dict()
    pairs = zip(wanted.items(), old.state_dict().values(), strict=True)
    new.load_state_dict({name: value.reshape(like.shape) for (name, like), value in pairs})


def _head(items: Sequence[Genotype]) -> int:
    """Where the head begins: the first part that makes a map a vector."""
    for end in range(2, len(items) + 1):
        if isinstance(items[end - 1], Default):
            continue
        if not graph(Chain(tuple(items[:end]))).spec.size:
            return end - 1
    raise GenotypeError(
        "dense evaluation needs a network that ends in classes, but this one ends in a map"
    )


def _unrolled(items: Sequence[Genotype]) -> Iterator[Genotype]:
    for item in items:
        if isinstance(item, Repeat) and isinstance(item.times, int):
            yield from (item.body for _ in range(item.times))
        else:
            yield item


def _slid(part: Genotype, size: tuple[int, ...]) -> tuple[list[Genotype], tuple[int, ...]]:
    """The convolutions that do what `part` does to each window of `size`, () once it is a vector;
    and the size after it."""
    rule = _RULES.get(part.word) if isinstance(part, Leaf) else None
    if rule is None:
        raise GenotypeError(
            f"dense evaluation can't slide {part} over a larger image; heads may hold "
            f"{', '.join(_RULES)}"
        )
    assert isinstance(part, Leaf)
    return rule(dict(part.values), size)


def _classifier(values: Values, size: tuple[int, ...]) -> tuple[list[Genotype], tuple[int, ...]]:
    pool = values.get("pool", "avg")
    parts: list[Genotype] = []
    if size and pool in ("avg", "max"):
        parts, size = _global({"mode": pool}, size)
    elif pool == "token":
        raise GenotypeError("dense evaluation needs maps, but the classifier reads a token")
    rate = values.get("dropout", 0.0)
    drop = [leaf("dropout", options={"rate": rate})] if rate else []
    return [*parts, *drop, _weigh(values["classes"], size, act="none")], ()


def _fc(values: Values, size: tuple[int, ...]) -> tuple[list[Genotype], tuple[int, ...]]:
    kept = {name: values[name] for name in ("act", "bias") if name in values}
    rate = values.get("dropout", 0.0)
    drop = [leaf("dropout", options={"rate": rate})] if rate else []
    return [_weigh(values["out"], size, **kept), *drop], ()


def _linear(values: Values, size: tuple[int, ...]) -> tuple[list[Genotype], tuple[int, ...]]:
    return [_weigh(values["out"], size, act="none", bias=values.get("bias", True))], ()


def _global(values: Values, size: tuple[int, ...]) -> tuple[list[Genotype], tuple[int, ...]]:
    word = "maxpool" if values.get("mode", "avg") == "max" else "avgpool"
    return [leaf(word, options={"kernel": size, "stride": 1, "padding": 0})], ()


def _flatten(values: Values, size: tuple[int, ...]) -> tuple[list[Genotype], tuple[int, ...]]:
    return [], size  # what weighs the vector reads all of the window


def _same(word: str) -> Callable[[Values, tuple[int, ...]], tuple[list[Genotype], tuple[int, ...]]]:
    return lambda values, size: ([leaf(word, options=dict(values))], size)


_RULES = {
    "classifier": _classifier,
    "fc": _fc,
    "linear": _linear,
    "global_pool": _global,
    "flatten": _flatten,
    "dropout": _same("dropout"),
    "act": _same("act"),
    "norm": _same("norm"),
}


def _weigh(out: Any, size: tuple[int, ...], **values: Any) -> Genotype:
    """A linear layer on a window of `size` as a convolution of that kernel."""
    options = {"out": out, "kernel": size or 1, "padding": 0, "bias": True, **values}
    return Chain((Default((("norm", "none"),)), leaf("conv", options=options)))


class _LastPool(Calls):
    """Counts the calls of pooling; where told which is the last, shifts what that one reads."""

    def __init__(self, last: int = 0, shift: tuple[int, int] = (0, 0)) -> None:
        super().__init__()
        self.calls, self.stride, self.size = 0, 1, (0, 0)
        self._last, self._shift = last, shift

    def call(self, func: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """What it reads is seen, and shifted where it is the last pooling."""
        if func in POOLS:
            stride = options.get("stride") or (args[2] if len(args) > 2 else args[1])
            stride = stride if isinstance(stride, int) else stride[0]
            if stride > 1:
                self.calls, self.stride = self.calls + 1, stride
                self.size = (args[0].shape[2], args[0].shape[3])
                if self.calls == self._last:
                    rows, columns = self._shift
                    args = (args[0][:, :, rows:, columns:], *args[1:])
        return super().call(func, args, options)
