"""The training loop: a module, a data set and a recipe in; trained weights and a history out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from nas.data import DataSet
from nas.errors import DivergenceError
from nas.train.calibration import calibrate
from nas.train.feed import Feed
from nas.train.history import Epoch, History
from nas.train.recipe import Recipe

LOOK = 32  # steps between looks at the loss where a look waits for the device


def default_device() -> torch.device:
    """The first GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fit(
    model: nn.Module,
    data: DataSet,
    recipe: Recipe,
    *,
    epochs: int | None = None,
    seed: int = 0,
    device: torch.device | str | None = None,
    watch: Callable[[Epoch], None] | None = None,
) -> History:
    """Train `model` in place on the training split of `data`; it is left on `device`, in eval mode.

    The module takes images (B, *data.shape) and gives logits (B, classes), in training mode
    optionally as `(output, aux)` with one weight in `aux_weights` per auxiliary output.
    `epochs` stands in for the recipe's own number and stretches its schedule; `watch` is called
    after every epoch. The same seed gives the same weights, bit for bit on a CPU with the same
    number of threads; the global random state is as before.
    Raises `DivergenceError` once the loss is not finite.
    """
    place = torch.device(device) if device is not None else default_device()
    feed = Feed.of(data, data.train(), place)
    model.to(device=place, memory_format=torch.channels_last)  # type: ignore[call-overload]
    run = _Run(model, feed, recipe, epochs or recipe.epochs)
    order = torch.Generator().manual_seed(seed)
    moves = torch.Generator(place).manual_seed(seed) if recipe.augment else None
    done: list[Epoch] = []
    model.train()
    try:
        with seeded(seed, place):
            for number in range(1, run.epochs + 1):
                done.append(run.epoch(number, order, moves))
                if watch is not None:
                    watch(done[-1])
            if recipe.calibrate:
                calibrate(model, feed)
    finally:
        model.eval()
    return History(recipe.name, seed, tuple(done))


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global random state on the CPU and `device`; put it back afterwards."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.default_generator.manual_seed(seed)
        if devices:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


@dataclass(slots=True)
class _Run:
    """One training under way."""

    model: nn.Module
    feed: Feed
    recipe: Recipe
    epochs: int
    step: int = 0
    optimizer: torch.optim.Optimizer = field(init=False)

    def __post_init__(self) -> None:
        self.optimizer = self.recipe.optimizer.build(self.model)

    def epoch(self, number: int, order: torch.Generator, moves: torch.Generator | None) -> Epoch:
        """Train on every image once."""
        started = time.perf_counter()
        curve = _Curve(number, self.recipe)
        for images, labels in self.feed.shuffled(self.recipe.batch, order, moves):
            curve.add(self._step(images, labels))
        losses = curve.finished()
        return Epoch(number, losses, len(self.feed.split), time.perf_counter() - started)

    def _step(self, images: Tensor, labels: Tensor) -> Tensor:
        """One optimizer step; the loss before it, detached, still on the device."""
        recipe, steps = self.recipe, self.feed.steps(self.recipe.batch) * self.epochs
        rate = recipe.optimizer.lr * recipe.schedule.factor(self.step, steps, recipe.epochs)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        loss = self._loss(self.model(images), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        if recipe.clip:
            nn.utils.clip_grad_norm_(self.model.parameters(), recipe.clip)
        self.optimizer.step()
        self.step += 1
        return loss.detach()

    def _loss(self, outputs: Tensor | tuple[Tensor, tuple[Tensor, ...]], labels: Tensor) -> Tensor:
        """Cross-entropy of the output plus that of each auxiliary output times its weight."""
        smoothing = self.recipe.label_smoothing
        if isinstance(outputs, Tensor):
            return cross_entropy(outputs, labels, label_smoothing=smoothing)
        output, aux = outputs
        loss = cross_entropy(output, labels, label_smoothing=smoothing)
        weights: tuple[float, ...] = self.model.aux_weights  # type: ignore[assignment]
        for each, weight in zip(aux, weights, strict=True):
            loss = loss + weight * cross_entropy(each, labels, label_smoothing=smoothing)
        return loss


@dataclass(slots=True)
class _Curve:
    """An epoch's losses, fetched from the device now and then: fetching waits for it."""

    epoch: int
    recipe: Recipe
    fetched: list[float] = field(default_factory=list)
    pending: list[Tensor] = field(default_factory=list)

    def add(self, loss: Tensor) -> None:
        """Note one step's loss; on a CPU it is looked at right away."""
        self.pending.append(loss)
        if loss.device.type == "cpu" or len(self.pending) == LOOK:
            self._fetch()

    def finished(self) -> tuple[float, ...]:
        """All the epoch's losses."""
        if self.pending:
            self._fetch()
        return tuple(self.fetched)

    def _fetch(self) -> None:
        for value in torch.stack(self.pending).tolist():
            self.fetched.append(value)
            if not math.isfinite(value):
                raise DivergenceError(
                    f"the training loss became {value} in epoch {self.epoch}, step "
                    f"{len(self.fetched)}; lower the learning rate ({self.recipe.optimizer.lr:g}), "
                    "lengthen the warm-up or clip the gradients"
                )
        self.pending.clear()
