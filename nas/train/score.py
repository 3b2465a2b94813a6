"""How good a trained network is: the share of images it gets right, and its loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from nas.data import DataSet, Pictures, Split
from nas.train.feed import Feed

BATCH = 256  # images at a time; scoring keeps no gradients, so that a step takes little memory


@dataclass(frozen=True, slots=True)
class Score:
    """Shares of right answers, from 0 to 1: first guess, among the first five, and per class.

    `loss` is the mean cross-entropy, without label smoothing; a class without images scores 0.
    """

    top1: float
    top5: float
    loss: float
    per_class: tuple[float, ...]
    images: int

    @classmethod
    def of(
        cls, model: nn.Module, data: DataSet, split: Split | Pictures, batch: int = BATCH
    ) -> Score:
        """The score of `model`, in eval mode, on `split`, a part of `data`, where the model is.

        Raises `DataError` where the split is empty.
        """
        device = next(model.parameters()).device
        classes = len(data.classes)
        right, seen = torch.zeros(2, classes, dtype=torch.long, device=device)
        within, loss = torch.zeros(2, dtype=torch.float64, device=device)
        training = model.training
        model.eval()
        try:
            with torch.inference_mode():
                for images, labels in Feed.of(data, split, device).ordered(batch):
                    logits = model(images)
                    best = logits.topk(min(5, logits.shape[1])).indices == labels[:, None]
                    right += labels[best[:, 0]].bincount(minlength=classes)
                    seen += labels.bincount(minlength=classes)
                    within += best.sum()
                    loss += cross_entropy(logits, labels, reduction="sum")
        finally:
            model.train(training)
        count = int(seen.sum())  # damaged pictures are left out
        return cls(
            top1=int(right.sum()) / count,
            top5=float(within) / count,
            loss=float(loss) / count,
            per_class=tuple((right / seen.clamp(min=1)).tolist()),
            images=count,
        )
