"""What semi-supervised methods share: few labels, endless batches, and supervised training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from nas.data import DataSet, Split
from nas.errors import DataError, UsageError
from nas.train.augment import Augmentation
from nas.train.clip import Clip
from nas.train.feed import Feed
from nas.train.loop import seeded
from nas.train.loss import Loss
from nas.train.recipe import Recipe

Batches = Iterator[tuple[Tensor, Tensor]]
Beat = Callable[[int, int, float], None]  # steps done, of all, and the latest loss known
RARELY = 10  # steps between two beats: each waits for the device


def few_labels(split: Split, per_class: int, seed: int = 0) -> tuple[Split, Split]:
    """(`per_class` images of each class, all others with labels of -1), drawn by `seed`.

    Raises `DataError` where a class has fewer images.
    """
    random = torch.Generator().manual_seed(seed)
    kept = torch.zeros(len(split), dtype=torch.bool)
    for label in range(int(split.labels.max()) + 1):
        members = (split.labels == label).nonzero()[:, 0]
        if len(members) < per_class:
            raise DataError(
                f"class {label} has {len(members)} images, fewer than the {per_class} to be "
                "labelled; ask for fewer labels a class"
            )
        kept[members[torch.randperm(len(members), generator=random)[:per_class]]] = True
    rest = Split(split.images[~kept], torch.full_like(split.labels[~kept], -1))
    return Split(split.images[kept], split.labels[kept]), rest


def endless(
    data: DataSet,
    split: Split,
    batch: int,
    seed: int,
    device: torch.device,
    augmentation: Augmentation | None = None,
) -> Batches:
    """Batches for ever, every image once in each round; moved and, where given, augmented.

    Two with the same seed and batch give the same images at the same time, each in its own view.
    """
    strength = 0 if augmentation is None else 1
    feed = Feed.of(data, split, device, augmentation or Augmentation())
    order = torch.Generator().manual_seed(seed)
    moves = torch.Generator(device).manual_seed(2 * seed + strength)
    while True:
        yield from feed.shuffled(batch, order, moves)


class Descent:
    """A recipe's optimizer over a model for `steps` steps, its learning rate along the schedule."""

    def __init__(
        self, model: nn.Module, recipe: Recipe, steps: int, beat: Beat | None = None
    ) -> None:
        self._optimizer = recipe.optimizer.build(model)
        self._beat = beat
        self._clip = Clip(recipe.clip, recipe.clip_value, recipe.clip_adaptive)
        self._model, self._recipe, self._steps, self._step = model, recipe, steps, 0

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        factor = self._recipe.schedule.factor(self._step, self._steps, self._recipe.epochs)
        return self._recipe.optimizer.lr * factor

    def step(self, loss: Tensor) -> None:
        """One step down `loss`."""
        for group in self._optimizer.param_groups:
            group["lr"] = self.rate
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if self._clip:
            self._clip(self._model)
        self._optimizer.step()
        self._step += 1
        if self._beat is not None and self._step % RARELY == 0:
            self._beat(self._step, self._steps, float(loss.detach()))


def supervised(
    model: nn.Module,
    data: DataSet,
    labelled: Split,
    recipe: Recipe,
    *,
    steps: int,
    seed: int = 0,
    augmentation: Augmentation | None = None,
    beat: Beat | None = None,
) -> None:
    """Train `model` in place on `labelled` alone for `steps` batches; it is left in eval mode."""
    device = next(model.parameters()).device
    batches = endless(data, labelled, recipe.batch, seed, device, augmentation)
    descent = Descent(model, recipe, steps, beat)
    loss = Loss(recipe.label_smoothing, getattr(model, "aux_weights", ()))
    model.train()
    with seeded(seed, device):
        for _ in range(steps):
            images, labels = next(batches)
            descent.step(loss.of(model(images), labels))
    model.eval()


def later(beat: Beat | None, done: int, steps: int) -> Beat | None:
    """`beat` as one of several trainings calls it, after `done` of `steps` in total."""
    return beat and (lambda step, _, loss: beat(done + step, steps, loss))


def unmixed(augmentation: Augmentation) -> Augmentation:
    """`augmentation`, where it keeps each image's own label. Raises `UsageError` otherwise."""
    if augmentation.mixup or augmentation.cutmix:
        raise UsageError(
            "semi-supervised training labels each image by itself; leave mixup and cutmix out of "
            "the augmentation"
        )
    return augmentation


def plain(outputs: Tensor | Sequence[Tensor]) -> Tensor:
    """The logits (B, classes) without those of auxiliary heads."""
    return outputs if isinstance(outputs, Tensor) else outputs[0]
