"""Evaluation by a supernet: trained once for a search, then each candidate is a slice of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch

from nas.costs import cost
from nas.data import load
from nas.errors import DivergenceError
from nas.evaluate.train import WEIGHTS, TrainEvaluator, matched
from nas.genotype import Genotype, parse
from nas.space import Space
from nas.supernet import Supernet
from nas.train.calibration import calibrate
from nas.train.checkpoint import restore, save
from nas.train.feed import Feed
from nas.train.history import Epoch
from nas.train.loop import default_device, fit
from nas.train.recipe import Recipe
from nas.train.score import BATCH, Score
from nas.train.threads import threads, worthwhile
from nas.trial import Job, Kind, Outcome

SUPERNET = "supernet.safetensors"  # the shared weights, once they are trained
CHECKPOINT = "supernet-checkpoint.safetensors"  # while they aren't
STEPS = 1_600  # of training, at least, where no epochs are given: what studies/supernet shows


@dataclass(frozen=True, slots=True)
class SupernetEvaluator:
    """Scores each candidate of `space` with weights cut out of one supernet.

    `space` is the text of the space at the data set's image size, classes and width, as the search
    draws from it (`near` as in `nas.space.Space`). The supernet is trained for `epochs` (None: as
    many as make 1,600 steps) by `recipe` and `rule` ("single" or "sandwich", see
    `nas.supernet.Supernet`) from `seed`, and lies in `folder`; candidates above `max_macs` or
    `max_params` aren't trained in it. `device` is torch's name, None for the first GPU or else the
    CPU; `threads` is how many of the CPU's are used, None for as many as pay.

    Call `prepare` once before a search, where its driver is: workers then only read the file. The
    first `evaluate` does it otherwise.
    """

    space: str
    folder: Path
    data: str = "digits"
    recipe: str = "proxy"
    epochs: int | None = None
    rule: str = "single"
    seed: int = 0
    near: bool = False
    max_macs: int | None = None
    max_params: int | None = None
    device: str | None = None
    threads: int | None = None

    def prepare(
        self,
        watch: Callable[[Epoch], None] | None = None,
        beat: Callable[[int, int, float], None] | None = None,
    ) -> None:
        """Train the supernet, or what is left of its training; `folder`/supernet.safetensors holds
        its weights afterwards.

        Broken off anywhere it goes on from the last epoch, on a CPU to the same bits. `watch` and
        `beat` as in `nas.train.fit`. Raises `SpaceError` where no candidate is within the limits,
        `DivergenceError`, and `RunError` where the files can't be written.
        """
        if (self.folder / SUPERNET).exists():
            return
        supernet, recipe = self._made(), Recipe.load(self.recipe)
        data = matched(load(self.data), supernet.largest)
        steps = Feed.of(data, data.train(), self._device).steps(recipe.batch)
        self.folder.mkdir(parents=True, exist_ok=True)
        with threads(self._threads(supernet.largest, recipe.batch)):
            fit(
                *(supernet, data, recipe), epochs=self.epochs or -(-STEPS // steps), seed=self.seed,
                watch=watch, beat=beat, device=self._device, checkpoint=self.folder / CHECKPOINT,
            )  # fmt: skip
        save(supernet, self.folder / SUPERNET)
        (self.folder / CHECKPOINT).unlink(missing_ok=True)

    def evaluate(self, job: Job, folder: Path) -> Outcome:
        """Cut the job's genotype out of the supernet, measure its batch statistics and score it;
        its weights lie in `folder`/weights.safetensors afterwards.

        Figures: `accuracy` (share of validation images) and `loss` (mean cross-entropy) on the
        validation split. The job's epochs, batch and seed mean nothing here. Raises `SpaceError`
        for a network that is none of the space's.
        """
        network = parse(job.genotype)
        data = matched(load(self.data), network)
        supernet = _prepared(self)
        with threads(self._threads(network, BATCH)):
            model = supernet.extracted(network)
            model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            calibrate(model, Feed.of(data, data.train(), self._device))
            score = Score.of(model, data, data.validation())
        if not score.loss < float("inf"):
            raise DivergenceError(f"the validation loss is {score.loss} on the supernet's weights")
        save(model, folder / WEIGHTS)
        return Outcome(job.number, Kind.COMPLETE, {"accuracy": score.top1, "loss": score.loss})

    def test(self, genotype: str, weights: Path) -> dict[str, float]:
        """As `TrainEvaluator.test`: the test split's figures of weights as they were cut out."""
        trained = TrainEvaluator(self.data, self.recipe, device=self.device, threads=self.threads)
        return trained.test(genotype, weights)

    def _made(self) -> Supernet:
        """The supernet, its weights as they begin."""
        recipe = Recipe.load(self.recipe)
        return Supernet(
            Space(parse(self.space), self.near),
            rule=self.rule,
            seed=self.seed,
            allowed=self._allowed if self.max_macs or self.max_params else None,
            zero_gamma=recipe.zero_gamma,
            drop_path=recipe.drop_path,
        )

    def _allowed(self, candidate: Genotype) -> bool:
        """Whether a candidate is within the limits."""
        found = cost(candidate)
        within = self.max_macs is None or found.macs <= self.max_macs
        return within and (self.max_params is None or found.params <= self.max_params)

    def _threads(self, network: Genotype, batch: int) -> int:
        return self.threads or worthwhile(cost(network).macs, batch)

    @property
    def _device(self) -> torch.device:
        return torch.device(self.device) if self.device is not None else default_device()


@lru_cache(maxsize=1)
def _prepared(evaluator: SupernetEvaluator) -> Supernet:
    """The trained supernet of an evaluator, read once in a process."""
    evaluator.prepare()
    supernet = evaluator._made()
    restore(supernet, evaluator.folder / SUPERNET)
    return supernet.to(evaluator._device).eval()
