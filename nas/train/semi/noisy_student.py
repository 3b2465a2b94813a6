"""Noisy Student: a teacher labels images in peace, a student learns from them under noise, and
becomes the next teacher. Source: arXiv:1911.04252."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import softmax

from nas.data import DataSet, Split
from nas.errors import UsageError
from nas.train.augment import Augmentation
from nas.train.feed import Feed
from nas.train.loop import seeded
from nas.train.loss import Loss
from nas.train.recipe import Recipe
from nas.train.semi._few import Beat, Descent, endless, later, plain, supervised, unmixed


@dataclass(frozen=True, slots=True)
class NoisyStudent:
    """Settings: `steps` of each network's training, on batches of the recipe's labelled images and
    `ratio` times as many pseudo-labelled ones."""

    steps: int = 1000
    ratio: int = 4

    def __post_init__(self) -> None:
        for name in ("steps", "ratio"):
            if getattr(self, name) < 1:
                raise UsageError(
                    f"noisy student: {name} must be at least 1, but got {getattr(self, name)}"
                )


def noisy_student(
    networks: Sequence[nn.Module],
    data: DataSet,
    labelled: Split,
    unlabelled: Split,
    recipe: Recipe,
    settings: NoisyStudent | None = None,
    *,
    noise: Augmentation | None = None,
    seed: int = 0,
    beat: Beat | None = None,
) -> nn.Module:
    """Train `networks` in place, the first on `labelled`, each next by the one before; the last.

    Each should be as large as the one before or larger, with dropout or drop-path of its own.
    The teacher labels unmoved images in eval mode, with soft labels; the student sees them moved
    and under `noise`, by default cutout of a quarter of the image's side. `unlabelled`'s labels are
    never read. Raises `UsageError` for fewer than two networks.
    """
    if len(networks) < 2:
        raise UsageError(
            f"noisy student needs a teacher and at least one student, but got {len(networks)}"
        )
    settings = settings or NoisyStudent()
    noise = unmixed(noise or Augmentation(cutout=data.shape[1] // 4))
    teacher, *students = networks
    steps, total = settings.steps, settings.steps * len(networks)
    supervised(
        *(teacher, data, labelled, recipe), steps=steps, seed=seed, augmentation=noise,
        beat=later(beat, 0, total),
    )  # fmt: skip
    for number, student in enumerate(students, 1):
        soft = _labelled_by(teacher, data, unlabelled)
        told = later(beat, number * steps, total)
        _learn(
            *(student, soft, data, labelled, unlabelled, recipe, settings, noise, seed + number),
            told,
        )
        teacher = student
    return teacher


def _labelled_by(teacher: nn.Module, data: DataSet, split: Split) -> Tensor:
    """The teacher's shares of each class (N, classes), for unmoved images."""
    device = next(teacher.parameters()).device
    feed = Feed.of(data, split, device)
    teacher.eval()
    with torch.inference_mode():
        return torch.cat([softmax(plain(teacher(x)), 1) for x, _ in feed.ordered(256)]).clone()


def _learn(
    student: nn.Module,
    soft: Tensor,
    data: DataSet,
    labelled: Split,
    unlabelled: Split,
    recipe: Recipe,
    settings: NoisyStudent,
    noise: Augmentation,
    seed: int,
    beat: Beat | None,
) -> None:
    device = next(student.parameters()).device
    numbered = Split(unlabelled.images, torch.arange(len(unlabelled)))
    known = endless(data, labelled, recipe.batch, seed, device, noise)
    many = min(len(unlabelled), settings.ratio * recipe.batch)
    pseudo = endless(data, numbered, many, seed, device, noise)
    descent = Descent(student, recipe, settings.steps, beat)
    loss = Loss(recipe.label_smoothing, getattr(student, "aux_weights", ()))
    student.train()
    with seeded(seed, device):
        for _ in range(settings.steps):
            images, labels = next(known)
            others, numbers = next(pseudo)
            sure = torch.nn.functional.one_hot(labels, soft.shape[1]).to(soft.dtype)
            wanted = torch.cat([sure, soft[numbers]])
            descent.step(loss.of(student(torch.cat([images, others])), wanted))
    student.eval()
