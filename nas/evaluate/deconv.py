"""What a unit responds to: its strongest images, and the pixels in them that it owes that to.

Source: ZFNet, arXiv:1311.2901, section 2 (the deconvolutional network); that it is backpropagation
with rectified gradients: arXiv:1312.6034, section 4, and arXiv:1412.6806, section 3.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from nas.data import DataSet, Split
from nas.errors import RunError, UsageError, nearest
from nas.train.feed import Feed

BEST = 9  # images a channel, as in the paper's figure 2
BORDER = 2  # pixels between pictures
RECTIFIERS = (F.relu, F.relu6, F.leaky_relu, F.elu, F.gelu, F.silu, F.mish, F.hardswish)


@dataclass(frozen=True, slots=True)
class Response:
    """A channel's strongest images (K, C, H, W) as bytes, what each owes it to (K, C, H, W), as
    floats around 0, the channel's activation there (K,), and the images' places in the split."""

    images: Tensor
    causes: Tensor
    strength: Tensor
    places: tuple[int, ...]

    def save(self, path: Path) -> None:
        """A PNG: images on the left, causes on the right, each in a square of three by three.

        Causes are stretched to the full range picture by picture; grey is no influence. Raises
        `RunError` where the file can't be written.
        """
        from PIL import Image

        reach = self.causes.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
        causes = (127.5 + 127.5 * self.causes / reach).round().clamp(0, 255).byte()
        sheet = torch.cat([_square(self.images), _square(causes)], 2)
        pixels = sheet.expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy()
        try:
            Image.fromarray(pixels).save(path, "PNG")
        except OSError as error:
            raise RunError(f"{path}: can't be written: {error.strerror or error}") from error


def respond(
    model: nn.Module, data: DataSet, split: Split, layer: str, channel: int, best: int = BEST
) -> Response:
    """The `best` images of `split` for `channel` of the submodule `layer`, and their causes.

    A cause is the unit of the strongest place alone, projected back to the pixels: rectifiers pass
    only what is positive, pools go back to where the largest number was. Raises `UsageError` for a
    layer or channel that isn't there, or that gives no map.
    """
    device = next(model.parameters()).device
    model.eval()
    part = _part(model, layer)
    feed = Feed.of(data, split, device)
    with torch.no_grad():
        peaks = torch.cat(
            [_map(model, part, x, layer, channel).amax((1, 2)) for x, _ in feed.ordered(256)]
        )
    places = peaks.topk(min(best, len(peaks))).indices
    chosen = Split(split.images[places.cpu()], split.labels[places.cpu()])
    images = next(Feed.of(data, chosen, device).ordered(len(chosen)))[0].requires_grad_(True)
    with _Deconvolution():
        units = _map(model, part, images, layer, channel).flatten(1).amax(1)
    (causes,) = torch.autograd.grad(units.sum(), images)
    return Response(chosen.images.cpu(), causes.cpu(), units.detach().cpu(), tuple(places.tolist()))


class _Deconvolution(TorchFunctionMode):
    """Rectifiers let a gradient through where it is positive, whatever they saw going forth."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        with torch._C.DisableTorchFunction():
            options = dict(kwargs or {})
            if func in RECTIFIERS:
                options.pop("inplace", None)
                rectified: Any = _Rectified.apply
                return rectified(args[0], func(*args, **options))
            return func(*args, **options)


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


def _part(model: nn.Module, layer: str) -> nn.Module:
    known = [name for name, _ in model.named_modules() if name]
    if layer not in known:
        hint = nearest(layer, known) or f"; there are {', '.join(known[:12])}, ..."
        raise UsageError(f"layer {layer!r} is no part of the network{hint}")
    return model.get_submodule(layer)


def _map(model: nn.Module, part: nn.Module, images: Tensor, layer: str, channel: int) -> Tensor:
    """The channel's map (B, H, W) while the whole network runs."""
    seen: list[Tensor] = []
    # A copy, as the next layer may overwrite it.
    hook = part.register_forward_hook(lambda _, __, output: seen.append(output.clone()))
    try:
        model(images)
    finally:
        hook.remove()
    if not seen or seen[0].ndim != 4:
        raise UsageError(f"layer {layer!r} gives no map of channels; name one that does")
    if not 0 <= channel < seen[0].shape[1]:
        raise UsageError(
            f"channel {channel}: layer {layer!r} has channels 0 to {seen[0].shape[1] - 1}"
        )
    return seen[0][:, channel]


def _square(pictures: Tensor) -> Tensor:
    """Pictures (K, C, H, W) in as many columns as rows, on white: (C, H', W')."""
    count, channels, height, width = pictures.shape
    side = max(1, round(count**0.5 + 0.499))
    sheet = torch.full(
        (channels, side * (height + BORDER) + BORDER, side * (width + BORDER) + BORDER), 255
    ).byte()
    for index, picture in enumerate(pictures):
        top, left = (
            BORDER + (x * (y + BORDER))
            for x, y in zip(divmod(index, side), (height, width), strict=True)
        )
        sheet[:, top : top + height, left : left + width] = picture
    return sheet
