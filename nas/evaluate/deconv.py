"""What a unit responds to: its strongest images, and the pixels in them that it owes that to.

Source: ZFNet, arXiv:1311.2901, section 2 (the deconvolutional network); that it is backpropagation
with rectified gradients: arXiv:1312.6034, section 4, and arXiv:1412.6806, section 3.4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from nas.compiler.network import Network
from nas.data import DataSet, Pictures, Split
from nas.errors import DataError, UsageError, nearest
from nas.evaluate._calls import Calls
from nas.genotype import parse
from nas.genotype.normal import normal
from nas.train.feed import Feed

BEST = 9  # images a channel, as in the paper's figure 2
BATCH = 256  # images at a time
RECTIFIERS = (F.relu, F.relu6, F.leaky_relu, F.elu, F.gelu, F.silu, F.mish, F.hardswish)


@dataclass(frozen=True, slots=True)
class Response:
    """A channel's strongest images (K, C, H, W) as bytes, what each owes it to (K, C, H, W), as
    floats around 0, the channel's activation there (K,), the images' classes and their places in
    the split."""

    images: Tensor
    causes: Tensor
    strength: Tensor
    labels: tuple[int, ...]
    places: tuple[int, ...]


def respond(
    model: Network,
    data: DataSet,
    split: Split | Pictures,
    layer: str,
    channel: int,
    best: int = BEST,
) -> Response:
    """The `best` images of `split` for `channel` of the submodule `layer`, and their causes.

    A cause is the unit of the strongest place alone, projected back to the pixels: rectifiers pass
    only what is positive, pools go back to where the largest number was. Raises `UsageError` for a
    layer or channel that isn't there, or that gives no map.
    """
    place = _place(model, layer, channel)
    feed = Feed.of(data, split, next(model.parameters()).device)
    model.eval()
    chosen = _strongest(model, place, feed, best)
    images = chosen.images.requires_grad_(True)
    with _Deconvolution():
        units = place.map(model, images).flatten(1).amax(1)
    (causes,) = torch.autograd.grad(units.sum(), images)
    return Response(
        ((chosen.images.detach() * feed.std + feed.mean) * 255).round().clamp(0, 255).byte().cpu(),
        causes.cpu().contiguous(),
        units.detach().cpu(),
        tuple(chosen.labels.tolist()),
        tuple(chosen.places.tolist()),
    )


def maps(model: Network) -> dict[str, tuple[int, int, int]]:
    """The layers that give maps, in the order they are run: (channels, height, width) of each."""
    found: dict[str, tuple[int, int, int]] = {}
    lies = _lies(model)

    def note(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(_: nn.Module, __: Any, output: Any) -> None:
            if isinstance(output, Tensor) and output.ndim == 4:
                first = output.movedim(3, 1) if lies.get(name) else output
                found[name] = (first.shape[1], first.shape[2], first.shape[3])

        return hook

    hooks = [each.register_forward_hook(note(name)) for name, each in model.named_modules() if name]
    training = model.training
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, *model.input_shape, device=next(model.parameters()).device))
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    """A channel of a layer, whose maps lie with their channels `last` in memory or first."""

    part: nn.Module
    last: bool
    channel: int

    def map(self, model: nn.Module, images: Tensor) -> Tensor:
        """The channel's map (B, H, W) while the whole network runs."""
        seen: list[Tensor] = []
        # A copy, as the next layer may overwrite it.
        hook = self.part.register_forward_hook(lambda _, __, output: seen.append(output.clone()))
        try:
            model(images)
        finally:
            hook.remove()
        return seen[0][..., self.channel] if self.last else seen[0][:, self.channel]


class _Chosen(NamedTuple):
    """Images (K, C, H, W) as a network reads them, sorted by their `peaks` (K,)."""

    peaks: Tensor
    images: Tensor
    labels: Tensor
    places: Tensor

    def sorted(self, count: int) -> _Chosen:
        """Those of the `count` highest peaks."""
        order = self.peaks.topk(min(count, len(self.peaks))).indices
        return _Chosen(*(each[order] for each in self))


def _strongest(model: Network, place: _Place, feed: Feed, best: int) -> _Chosen:
    kept: _Chosen | None = None
    count = 0
    with torch.no_grad():
        for images, labels in feed.ordered(BATCH):
            peaks = place.map(model, images).amax((1, 2))
            places = torch.arange(count, count + len(images), device=images.device)
            count += len(images)
            found = _Chosen(peaks, images, labels, places).sorted(best)
            both = found if kept is None else map(torch.cat, zip(kept, found, strict=True))
            kept = _Chosen(*both).sorted(best)
    if kept is None:
        raise DataError(f"{feed.data.name}: there is no image to look at")
    return kept


class _Deconvolution(Calls):
    """Rectifiers let a gradient through where it is positive, whatever they saw going forth."""

    def call(self, func: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """As ever, and a rectifier's result with a backward pass of its own."""
        if func not in RECTIFIERS:
            return super().call(func, args, options)
        options.pop("inplace", None)
        rectified: Any = _Rectified.apply
        return rectified(args[0], func(*args, **options))


class _Rectified(torch.autograd.Function):
    """`output` going forth; going back, the positive part of the gradient reaches `argument`."""

    @staticmethod
    def forward(_: Any, argument: Tensor, output: Tensor) -> Tensor:
        """The activation that was already worked out."""
        return output.detach().clone()

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """Rectified, as the deconvolutional network does it."""
        return gradient.clamp(min=0), None


def _place(model: Network, layer: str, channel: int) -> _Place:
    known = [name for name, _ in model.named_modules() if name]
    if layer not in known:
        hint = nearest(layer, known) or f"; there are {', '.join(known[:12])}, ..."
        raise UsageError(f"layer {layer!r} is no part of the network{hint}")
    shape = maps(model).get(layer)
    if shape is None:
        raise UsageError(f"layer {layer!r} gives no map of channels; name one that does")
    if not 0 <= channel < shape[0]:
        raise UsageError(f"channel {channel}: layer {layer!r} has channels 0 to {shape[0] - 1}")
    return _Place(model.get_submodule(layer), _lies(model)[layer], channel)


def _lies(model: Network) -> dict[str, bool]:
    """Whether each layer gives its channels last in memory, as its last operation does."""
    found = {}
    for node in normal(parse(model.genotype)).flat().nodes:
        for end in range(1, len(node.path) + 1):
            found[".".join(node.path[:end])] = node.spec.last
    return found
