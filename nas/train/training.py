"""A training under way: everything that changes from step to step, and its way to disk and back."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nas.errors import WeightsError, shown
from nas.train import checkpoint
from nas.train.average import Average
from nas.train.calibration import calibrate
from nas.train.clip import Clip
from nas.train.curve import Curve
from nas.train.feed import Feed
from nas.train.history import Epoch, History
from nas.train.loss import Loss
from nas.train.recipe import Recipe
from nas.train.team import Team


@dataclass(slots=True)
class Training:
    """`model` on the way through `epochs` epochs of `feed` by `recipe`, from `seed`.

    What is random besides (dropout, drop-path) draws from torch's global generators.
    """

    model: nn.Module
    feed: Feed
    recipe: Recipe
    epochs: int
    seed: int
    team: Team = field(default_factory=Team)
    done: list[Epoch] = field(default_factory=list)
    joined: nn.Module = field(init=False)
    optimizer: torch.optim.Optimizer = field(init=False)
    scaler: torch.amp.GradScaler = field(init=False)
    average: Average | None = field(init=False)
    order: torch.Generator = field(init=False)
    moves: torch.Generator = field(init=False)
    loss: Loss = field(init=False)
    clip: Clip = field(init=False)

    def __post_init__(self) -> None:
        recipe, kind = self.recipe, self.device.type
        self.joined = self.team.joined(self.model)
        self.optimizer = recipe.optimizer.build(self.model)
        self.scaler = torch.amp.GradScaler(kind, enabled=recipe.precision == "fp16")
        self.average = Average(self.model, recipe.ema) if recipe.ema else None
        self.order = torch.Generator().manual_seed(self.seed)
        self.moves = torch.Generator(self.device).manual_seed(self.seed)
        weights: tuple[float, ...] = getattr(self.model, "aux_weights", ())
        made: Callable[..., Loss] = getattr(self.model, "training_loss", Loss)
        self.loss = made(recipe.label_smoothing, weights)
        self.clip = Clip(recipe.clip, recipe.clip_value, recipe.clip_adaptive)

    @property
    def device(self) -> torch.device:
        """Where the model is, and the images."""
        return next(self.model.parameters()).device

    @property
    def history(self) -> History:
        """The epochs so far."""
        return History(self.recipe.name, self.seed, tuple(self.done))

    def epoch(self, beat: Callable[[int, int, float], None] | None = None) -> Epoch:
        """Train on every image once more; the record of it.

        `beat` is told after each step how many of all are done, and the latest loss known.

        Raises `DivergenceError` once a loss or, at the end, a weight is not finite.
        """
        started, number = time.perf_counter(), len(self.done) + 1
        curve = Curve(number, self.recipe.optimizer.lr)
        steps = self.feed.steps(self.recipe.batch)
        moves = self.moves if self.recipe.augment else None
        reached: Callable[[float], None] | None = getattr(self.model, "reached", None)
        batches = self.feed.shuffled(self.recipe.batch, self.order, moves, self.team)
        for step, (images, labels) in enumerate(batches, (number - 1) * steps):
            if reached is not None:
                reached(step / (steps * self.epochs))
            factor = self.recipe.schedule.factor(step, steps * self.epochs, self.recipe.epochs)
            for group in self.optimizer.param_groups:
                group["lr"] = self.recipe.optimizer.lr * factor
            share = 1.0
            if self.team.size > 1:  # how much larger than the mean this process's part is
                whole = len(self.feed.split) // steps + (
                    step % steps < len(self.feed.split) % steps
                )
                share = len(images) * self.team.size / whole
            curve.add(self._step(images, labels, share))
            if beat is not None:
                beat(step + 1, steps * self.epochs, curve.last)
        losses = curve.finished()
        curve.check(self.model)
        seconds = time.perf_counter() - started
        self.done.append(Epoch(number, losses, len(self.feed.split), seconds))
        return self.done[-1]

    @contextmanager
    def used(self) -> Iterator[None]:
        """Let the model be meanwhile as it would be used if the training ended here."""
        if self.average is None and not self.recipe.calibrate:
            yield
            return
        kept = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.finish()
        try:
            yield
        finally:
            self.model.load_state_dict(kept)

    def finish(self) -> None:
        """Leave the model as it is to be used: with averaged weights and measured statistics."""
        if self.average is not None:
            self.average.give()
        if self.recipe.calibrate:
            calibrate(self.model, self.feed)

    def save(self, path: Path) -> None:
        """Write all that another process needs to go on as if it were this one; the leader does.

        The file is replaced whole or kept; `RunError` where it can't be written.
        """
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            held = {name: value for name, value in state.items() if value is not None}
            tensors |= {f"optimizer.{index}.{name}": value for name, value in held.items()}
        for name, generator in self._generators().items():
            tensors[f"random.{name}"] = generator.get_state()
        if self.average is not None:
            tensors |= {f"average.{name}": value for name, value in self.average.state.items()}
        facts = {
            "training": self._identity(),
            "epochs": [asdict(each) for each in self.done],
            "scaler": self.scaler.state_dict(),
            "updates": self.average.updates if self.average is not None else 0,
        }
        if self.team.leads:
            checkpoint.write(path, tensors, facts)
        self.team.wait()

    def resume(self, path: Path) -> None:
        """Be where the training was that wrote `path`: on a CPU, to the bit.

        Raises `WeightsError` where the file is damaged or of another training: another network,
        data set, recipe, seed or number of epochs. `accumulate` and the device may differ.
        """
        tensors, facts = checkpoint.read(path)
        if "training" not in facts:
            raise WeightsError(f"{path}: weights alone, not the checkpoint of a training")
        asked_for = self._identity()
        for what in asked_for | facts["training"]:
            asked, found = asked_for.get(what), facts["training"].get(what)
            if found != asked:
                raise WeightsError(
                    f"{path}: a checkpoint of another training, whose {what} is {shown(found)}, "
                    f"not {shown(asked)}; ask for the same, or delete the file to begin anew"
                )
        checkpoint.load(self.model, _under("model.", tensors), path)
        self._take(_under("optimizer.", tensors))
        for name, state in _under("random.", tensors).items():
            # a GPU's mean nothing to a CPU, the leader's dropout nothing to the others
            if name in self._generators() and (self.team.leads or not name.startswith("torch")):
                self._generators()[name].set_state(state)
        self.scaler.load_state_dict(facts["scaler"])
        if self.average is not None:
            self.average.load(_under("average.", tensors), facts["updates"])
        self.done = [Epoch.of(each) for each in facts["epochs"]]

    def _step(self, images: Tensor, labels: Tensor, share: float) -> Tensor:
        """One optimizer step; the loss before it, detached, still on the device."""
        self.optimizer.zero_grad()
        total, left = torch.zeros((), device=self.device), len(images)
        for part, of_part in self._parts(images, labels):
            left -= len(part)
            with self.team.quiet(self.joined) if left else nullcontext():
                with self._autocast():
                    loss = self.loss.of(self.joined(part), of_part)
                weight = share * len(part) / len(images)
                if weight != 1:
                    loss = loss * weight
                self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        if self.clip:
            self.scaler.unscale_(self.optimizer)
            self.clip(self.model)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.average is not None:
            self.average.update()
        return self.team.mean(total)

    def _autocast(self) -> torch.autocast:
        """What computes in the recipe's precision meanwhile."""
        half = torch.float16 if self.recipe.precision == "fp16" else torch.bfloat16
        return torch.autocast(self.device.type, half, enabled=self.recipe.precision != "fp32")

    def _parts(self, images: Tensor, labels: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """A batch in as many parts as it is accumulated from, each of two images at least."""
        parts = max(1, min(self.recipe.accumulate, len(images) // 2))
        return zip(images.tensor_split(parts), labels.tensor_split(parts), strict=True)

    def _generators(self) -> dict[str, torch.Generator]:
        """All that a training draws from, by the device where a draw happens."""
        drawn = {"order": self.order, "torch": torch.default_generator}
        if self.device.type == "cuda":
            index = torch.cuda.current_device() if self.device.index is None else self.device.index
            drawn["torch.cuda"] = torch.cuda.default_generators[index]
        return drawn | {f"moves.{self.device.type}": self.moves}

    def _identity(self) -> dict[str, Any]:
        """What two runs must have in common to be one training, as JSON gives it back."""
        text = getattr(self.model, "genotype", type(self.model).__name__)
        data = self.feed.data
        same = {
            "network": hashlib.sha256(text.encode()).hexdigest()[:16],
            "data set": f"{data.name} {data.shape}, {len(self.feed.split)} images",
            "seed": self.seed,
            "number of epochs": self.epochs,
        }
        still = sum(not each.requires_grad for each in self.model.parameters())
        if still:
            same["frozen tensors"] = still
        recipe = asdict(self.recipe)
        for name in ("name", "accumulate"):
            del recipe[name]
        for section in ("optimizer", "schedule", "augmentation"):
            settings = recipe.pop(section)
            recipe[section] = type(getattr(self.recipe, section)).__name__
            recipe |= {f"{section}.{name}": value for name, value in settings.items()}
        return dict(json.loads(json.dumps(same | recipe)))

    def _take(self, tensors: Mapping[str, Tensor]) -> None:
        """Give the optimizer the state that `save` wrote, laid out as it lays it out itself."""
        trained = [each for group in self.optimizer.param_groups for each in group["params"]]
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            index, _, name = key.partition(".")
            like = trained[int(index)]
            if value.shape == like.shape:
                value = torch.empty_like(like).copy_(value)
            state.setdefault(int(index), {})[name] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": state, "param_groups": groups})


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, by the rest of their names."""
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
