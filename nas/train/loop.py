"""The training loop: a module, a data set and a recipe in; trained weights and a history out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

from nas.data import DataSet
from nas.errors import UsageError, WeightsError
from nas.train.feed import Feed
from nas.train.history import Epoch, History
from nas.train.recipe import Recipe
from nas.train.stream import usual_workers
from nas.train.team import Team
from nas.train.training import Training


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
    beat: Callable[[int, int, float], None] | None = None,
    checkpoint: Path | None = None,
    stop: int | None = None,
) -> History:
    """Train `model` in place on the training split of `data`; it is left on `device`, in eval mode.

    The module takes images (B, *data.shape) and gives logits (B, classes), in training mode
    optionally as `(output, aux)` with one weight in `aux_weights` per auxiliary output.
    `epochs` stands in for the recipe's own number and stretches its schedule. `watch` is called
    after every epoch, the model being as if it had been the last; `beat` after every step, with how
    many are done, how many there are in all and the latest loss known. The same seed gives the same
    weights, bit for bit on a CPU with the same number of threads; the global random state is as
    before.

    With a `checkpoint` the training begins where that file's broke off, if there is one, and
    replaces it after every epoch; it may so be interrupted anywhere, and the weights come out the
    same. `stop` ends after so many of the `epochs`; a later call with a larger one goes on.
    In a `torch.distributed` process group the processes train as one `nas.train.team.Team`: each
    calls `fit` alike, on a device of its own, and the first writes, watches and beats.
    `drop_path` and `zero_gamma` are the network's: `nas.train.trainee` builds what a recipe trains.

    Raises `DivergenceError` once the loss is not finite, `WeightsError` where the checkpoint is
    damaged, of another training or past `stop`, `RunError` where it can't be written, `UsageError`
    for a `stop` that isn't among the epochs.
    """
    place = torch.device(device) if device is not None else default_device()
    epochs = epochs or recipe.epochs
    stop = epochs if stop is None else stop
    if not 1 <= stop <= epochs:
        raise UsageError(f"stop must be an epoch from 1 to {epochs}, but got {stop}")
    team = Team.here()
    workers = max(1, usual_workers() // team.size)
    feed = Feed.of(data, data.train(), place, recipe.augmentation, workers)
    model.to(device=place, memory_format=torch.channels_last)  # type: ignore[call-overload]
    training = Training(model, feed, recipe, epochs, seed, team)
    model.train()
    try:
        with seeded(seed + team.rank, place):
            if checkpoint is not None and checkpoint.exists():
                training.resume(checkpoint)
                if len(training.done) > stop:
                    raise WeightsError(
                        f"{checkpoint}: {len(training.done)} epochs are done already, but the "
                        f"training is to stop after {stop}; take the file of then, or ask for more"
                    )
            while len(training.done) < stop:
                epoch = training.epoch(beat if team.leads else None)
                if checkpoint is not None:
                    training.save(checkpoint)
                if watch is not None and team.leads:
                    with training.used():
                        watch(epoch)
            training.finish()
    finally:
        model.eval()
    return training.history


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
