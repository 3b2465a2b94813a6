"""A genotype trained with few labels: by those alone, or by a semi-supervised method as well."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from nas.compiler.network import Network
from nas.data import DataSet, Pictures
from nas.errors import DataError, DivergenceError, UsageError, nearest
from nas.genotype import Genotype
from nas.train.augment import Augmentation
from nas.train.calibration import calibrate
from nas.train.feed import Feed
from nas.train.recipe import PLAIN, Recipe
from nas.train.semi._few import Beat, few_labels, supervised
from nas.train.semi.meta_pseudo_labels import MetaPseudoLabels, meta_pseudo_labels
from nas.train.semi.noisy_student import NoisyStudent, noisy_student
from nas.train.trainee import trainee

METHODS = ("meta-pseudo-labels", "noisy-student")
STUDENTS = 2  # of Noisy Student, one after the other
APART = 100  # seeds between networks drawn for one training and those of the next seed's


@dataclass(frozen=True, slots=True)
class FewLabels:
    """A training in which only `labels` images of each class have theirs.

    `method` says what is made of all others; without one they are left out.
    """

    labels: int
    method: str | None = None

    def __post_init__(self) -> None:
        if self.labels < 1:
            raise UsageError(f"labels a class must be at least 1, but got {self.labels}")
        if self.method not in (None, *METHODS):
            hint = nearest(str(self.method), METHODS) or f"; there are {', '.join(METHODS)}"
            raise UsageError(f"method {self.method!r} is not known{hint}")

    def check(self, recipe: Recipe) -> None:
        """Raise `UsageError` where the recipe asks for what these methods don't do."""
        for name, usual in (("ema", 0.0), ("precision", "fp32"), ("accumulate", 1)):
            value = getattr(recipe, name)
            if value != usual:
                raise UsageError(
                    f"training with few labels knows no {name}, but recipe {recipe.name} has "
                    f"{value}; make it {usual} or choose another recipe"
                )

    def trained(
        self,
        genotype: Genotype,
        data: DataSet,
        recipe: Recipe,
        *,
        epochs: int | None = None,
        seed: int = 0,
        device: torch.device | None = None,
        beat: Beat | None = None,
    ) -> Network:
        """The network after as many steps as `epochs` of the whole training split would be.

        Each step passes a whole batch of labelled images, whatever the method, so that methods
        compare; teacher and students are all of `genotype`. Images are moved and go through the
        recipe's augmentation, by default cutout of a quarter of their side.

        Raises `DataError` where a class has fewer images than labels are asked for, or images don't
        fit into memory, `DivergenceError` where weights are no longer finite. `beat` is told, now
        and then, how many of all steps are done and the latest loss.
        """
        self.check(recipe)
        device = device or torch.device("cpu")
        split = data.train()
        if isinstance(split, Pictures):
            raise DataError(
                f"{data.name}: training with few labels needs all images in memory; ask for fewer "
                "pixels, image(3, 64, 64)"
            )
        known, others = few_labels(split, self.labels, seed)
        steps = Feed.of(data, split, device).steps(recipe.batch) * (epochs or recipe.epochs)
        moved = recipe.augmentation
        strong = Augmentation(cutout=data.shape[1] // 4) if moved == PLAIN else moved
        count = {None: 1, METHODS[0]: 2, METHODS[1]: 1 + STUDENTS}[self.method]
        networks = [
            trainee(genotype, recipe, APART * seed + number).to(device) for number in range(count)
        ]
        if self.method is None:
            best = networks[0]
            supervised(
                *(best, data, known, recipe), steps=steps, seed=seed, augmentation=strong, beat=beat
            )
        elif self.method == METHODS[0]:
            best, teacher = networks
            meta_pseudo_labels(
                *(teacher, best, data, known, others, recipe, MetaPseudoLabels(steps=steps)),
                strong=strong, seed=seed, beat=beat,
            )  # fmt: skip
        else:
            best = networks[-1]
            noisy_student(
                *(networks, data, known, others, recipe, NoisyStudent(steps=steps)),
                noise=strong, seed=seed, beat=beat,
            )  # fmt: skip
        if recipe.calibrate:
            calibrate(best, Feed.of(data, known if self.method is None else split, device))
        if not all(bool(each.isfinite().all()) for each in best.parameters()):
            raise DivergenceError("the weights are no longer finite; lower the learning rate")
        return best
