"""Evaluation by training: real epochs on the training split, scored on the validation split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from nas.compiler.morph import inherit
from nas.compiler.network import Network, compile
from nas.costs import cost
from nas.data import DataSet, load
from nas.errors import DataError, DivergenceError
from nas.genotype import Genotype, parse
from nas.genotype.recording import graph
from nas.train.checkpoint import restore, save
from nas.train.feed import Feed
from nas.train.loop import default_device, fit
from nas.train.recipe import Recipe
from nas.train.score import BATCH, Score
from nas.train.threads import threads, worthwhile
from nas.train.trainee import trainee
from nas.trial import Job, Kind, Outcome

WEIGHTS = "weights.safetensors"
CHECKPOINT = "checkpoint.safetensors"


@dataclass(frozen=True, slots=True)
class TrainEvaluator:
    """Trains each candidate from scratch for a few epochs; the same job gives the same figures.

    `epochs` stands in for the recipe's own number; `device` is torch's name of it, None for the
    first GPU or else the CPU; `threads` is how many of the CPU's a candidate uses, None for as many
    as pay.
    """

    data: str = "digits"
    recipe: str = "proxy"
    epochs: int | None = None
    device: str | None = None
    threads: int | None = None

    def evaluate(self, job: Job, folder: Path) -> Outcome:
        """Train the job's genotype; its weights lie in `folder`/weights.safetensors afterwards.

        A job that stops before the last epoch, or is broken off, leaves checkpoint.safetensors
        there too; the next one for the same candidate goes on from it, to the same figures as if it
        had never stopped. A job with a parent begins with that trial's weights, as far as
        `nas.compiler.morph.inherit` can.

        Figures: `accuracy` (share of validation images) and `loss` (mean cross-entropy) on the
        validation split, `epochs`. Raises whatever goes wrong with the candidate, which the
        executor makes an outcome of, and `RunError` where the weights can't be written: no other
        candidate could go on then.
        """
        try:
            figures = self._trained(job, folder)
        except DivergenceError:
            (folder / CHECKPOINT).unlink(missing_ok=True)
            raise
        except torch.OutOfMemoryError:
            if torch.cuda.is_available():
                torch.cuda.empty_cache()  # what the candidate had reserved is for the next one
            raise
        return Outcome(job.number, Kind.COMPLETE, figures)

    def test(self, genotype: str, weights: Path) -> dict[str, float]:
        """The figures of trained weights on the test split, which `evaluate` never reads.

        Raises `WeightsError` where the weights are of another network.
        """
        network = parse(genotype)
        data = matched(load(self.data), network)
        with threads(self.threads or worthwhile(cost(network).macs, BATCH)):
            model = compile(network, seed=0)
            restore(model, weights)
            return _figures(Score.of(model.to(self._device), data, data.test()))

    def _trained(self, job: Job, folder: Path) -> dict[str, float]:
        recipe = Recipe.load(self.recipe)
        if job.batch is not None:
            recipe = recipe.at_batch(job.batch)
        recipe = replace(recipe, accumulate=recipe.accumulate * job.accumulate)
        epochs = job.total or self.epochs or recipe.epochs
        stop = job.epochs or epochs
        network = parse(job.genotype)
        data = matched(load(self.data), network)
        with threads(self.threads or worthwhile(cost(network).macs, recipe.batch)):
            model = trainee(network, recipe, job.seed)
            if job.parent is not None and not (folder / CHECKPOINT).exists():
                _inherit(model, job, folder.parent / str(job.parent) / WEIGHTS, data)
            fit(
                *(model, data, recipe), epochs=epochs, stop=stop, seed=job.seed,
                device=self._device, checkpoint=folder / CHECKPOINT,
            )  # fmt: skip
            figures = _figures(Score.of(model, data, data.validation()))
        # Finite weights may still give no finite answer: running statistics can overflow.
        if not figures["loss"] < float("inf"):
            raise DivergenceError(f"the validation loss is {figures['loss']} after training")
        save(model, folder / WEIGHTS)
        if stop == epochs:
            (folder / CHECKPOINT).unlink(missing_ok=True)
        return {**figures, "epochs": stop}

    @property
    def _device(self) -> torch.device:
        return torch.device(self.device) if self.device is not None else default_device()


def matched(data: DataSet, genotype: Genotype) -> DataSet:
    """`data` at the size of image that the genotype reads.

    Raises `DataError` where channels or classes are not those of the data set.
    """
    network = graph(genotype)
    channels, *size = network.input.shape
    wanted, classes = data.shape[0], len(data.classes)
    if channels != wanted:
        raise DataError(
            f"the network reads {channels} channels, but images of {data.name} have {wanted}; "
            f"begin it with image({wanted}, {size[0]}, {size[1]})"
        )
    if network.spec.shape != (classes,):
        raise DataError(
            f"the network gives {network.spec.shape}, but {data.name} has {classes} classes; "
            f"end it with classifier({classes})"
        )
    return data.resized(*size)


def _inherit(model: Network, job: Job, weights: Path, data: DataSet) -> None:
    """Let a candidate begin with the weights of its parent, which lie at `weights`."""
    parent = compile(parse(job.parent_genotype), seed=0)
    restore(parent, weights)
    images, _ = next(Feed.of(data, data.train(), torch.device("cpu")).ordered(BATCH))
    inherit(model, parent, images)


def _figures(score: Score) -> dict[str, float]:
    return {"accuracy": score.top1, "loss": score.loss}
