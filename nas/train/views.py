"""An image seen several times over: crops and sizes whose answers are averaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import nll_loss

from nas.compiler.network import Network
from nas.data import DataSet, Part
from nas.errors import UsageError
from nas.train.feed import Feed
from nas.train.fixres import at_resolution
from nas.train.score import BATCH, Score

WIDER = 256 / 224  # sides of the image that ten crops are taken of, in sides of a crop


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a network says of a split: `shares` (N, classes) that add up to 1, `labels` (N,)."""

    shares: Tensor
    labels: Tensor

    @classmethod
    def of(
        cls,
        data: DataSet,
        part: Part,
        device: torch.device,
        ask: Callable[[Tensor], Tensor],
    ) -> Answers:
        """What `ask`, from images (B, C, H, W) to shares (B, classes), says of a part of `data`."""
        split = {Part.TRAIN: data.train, Part.VALIDATION: data.validation, Part.TEST: data.test}
        shares, labels = [], []
        with torch.inference_mode():
            for images, right in Feed.of(data, split[part](), device).ordered(BATCH):
                shares.append(ask(images))
                labels.append(right)
        return cls(torch.cat(shares).clone(), torch.cat(labels).clone())

    @classmethod
    def mean(cls, parts: Sequence[Answers]) -> Answers:
        """The mean of several answers about the same images."""
        return cls(torch.stack([each.shares for each in parts]).mean(0), parts[0].labels)

    def score(self) -> Score:
        """Its score; the loss is that of the averaged shares."""
        classes = self.shares.shape[1]
        best = self.shares.topk(min(5, classes)).indices == self.labels[:, None]
        seen = self.labels.bincount(minlength=classes)
        right = self.labels[best[:, 0]].bincount(minlength=classes)
        logs = self.shares.clamp(min=torch.finfo(self.shares.dtype).tiny).log()
        return Score(
            top1=best[:, 0].double().mean().item(),
            top5=best.any(1).double().mean().item(),
            loss=nll_loss(logs, self.labels).item(),
            per_class=tuple((right / seen.clamp(min=1)).tolist()),
            images=len(self.labels),
        )

    def confusion(self) -> Tensor:
        """How many images of each class (row) are taken for each class (column)."""
        classes = self.shares.shape[1]
        places = self.labels * classes + self.shares.argmax(1)
        return places.bincount(minlength=classes**2).view(classes, classes)


@dataclass(frozen=True, slots=True)
class Views:
    """How often a network sees an image: at each of `scales`, and there in one crop or ten.

    One crop is the whole image at `scale` times the network's own size, which a network for one
    size only refuses. Ten are the corners and the centre of an image 256 / 224 times as large
    again, and their mirror images, each of the network's own size.
    Source: AlexNet (2012), section 4.1, and ResNet, arXiv:1512.03385, section 3.4.
    """

    crops: int = 1
    scales: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        if self.crops not in (1, 10):
            raise UsageError(f"crops must be 1 or 10, but got {self.crops}")
        if not self.scales or not all(0.1 <= each <= 10 for each in self.scales):
            raise UsageError(f"scales must be numbers from 0.1 to 10, but got {self.scales}")
        if self.crops == 10 and min(self.scales) < 1 / WIDER:
            raise UsageError(
                f"ten crops don't fit into an image {min(self.scales):g} times as large; "
                f"scales must be at least {1 / WIDER:g}, or crops 1"
            )

    def check(self, model: Network) -> None:
        """Raise `GenotypeError` where the network takes one size only and is asked for others."""
        for scale in self.scales:
            self._fitted(scale, model)

    def answers(self, model: Network, data: DataSet, part: Part) -> Answers:
        """What `model` says of a part of `data`, averaged over all views, on its device.

        Raises as `check`.
        """
        return Answers.mean([self._at(scale, model, data, part) for scale in self.scales])

    def _at(self, scale: float, model: Network, data: DataSet, part: Part) -> Answers:
        _, height, width = model.input_shape
        sized = data.resized(*self._size(scale, model))
        fitted = self._fitted(scale, model)

        def ask(images: Tensor) -> Tensor:
            seen = [fitted(each).softmax(1) for each in self._crops(images, height, width)]
            return torch.stack(seen).mean(0)

        training = fitted.training
        fitted.eval()
        try:
            return Answers.of(sized, part, next(fitted.parameters()).device, ask)
        finally:
            fitted.train(training)

    def _size(self, scale: float, model: Network) -> tuple[int, int]:
        _, height, width = model.input_shape
        wide = scale * WIDER if self.crops == 10 else scale
        return round(height * wide), round(width * wide)

    def _fitted(self, scale: float, model: Network) -> Network:
        """The network that sees whole images at `scale`; crops are seen by the one there is."""
        size = self._size(scale, model)
        if self.crops == 10 or size == model.input_shape[1:]:
            return model
        return at_resolution(model, *size)

    def _crops(self, images: Tensor, height: int, width: int) -> Iterator[Tensor]:
        if self.crops == 1:
            yield images
            return
        down, right = images.shape[2] - height, images.shape[3] - width
        corners = ((0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2))
        for top, left in corners:
            crop = images[:, :, top : top + height, left : left + width]
            yield crop
            yield crop.flip(3)
