"""Meta Pseudo Labels: a teacher labels images for a student, and learns from how well the student
does on labelled ones. Source: arXiv:2003.10580."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, log_softmax, softmax

from nas.data import DataSet, Split
from nas.errors import UsageError
from nas.train.augment import Augmentation
from nas.train.loop import seeded
from nas.train.recipe import Recipe
from nas.train.semi._few import Beat, Descent, endless, plain, supervised, unmixed


@dataclass(frozen=True, slots=True)
class MetaPseudoLabels:
    """Settings: `steps` of both networks, then `finetune` of the student on labelled images.

    Batches are the recipe's labelled images and `ratio` times as many without labels. The teacher
    also learns to say the same of an image in two views (UDA, arXiv:1904.12848): `consistency` is
    that loss's weight, reached linearly over the first `ramp` of the steps; views it is less sure
    of than `threshold` are left out, and its belief is sharpened by `temperature`.
    """

    steps: int = 1000
    ratio: int = 4
    consistency: float = 4.0
    ramp: float = 0.2
    temperature: float = 0.5
    threshold: float = 0.6
    memory: float = 0.99  # of the mean feedback, which each feedback is compared with
    finetune: int = 100
    finetune_rate: float = 0.05  # of the recipe's learning rate

    def __post_init__(self) -> None:
        rules = (
            (self.steps >= 1, "steps", self.steps, "at least 1"),
            (self.ratio >= 1, "ratio", self.ratio, "at least 1"),
            (self.temperature > 0, "temperature", self.temperature, "more than 0"),
            (0 <= self.threshold < 1, "threshold", self.threshold, "in [0, 1)"),
            (self.finetune >= 0, "finetune", self.finetune, "0 (none) or more"),
        )
        for holds, name, value, rule in rules:
            if not holds:
                raise UsageError(f"meta pseudo labels: {name} must be {rule}, but got {value}")


def meta_pseudo_labels(
    teacher: nn.Module,
    student: nn.Module,
    data: DataSet,
    labelled: Split,
    unlabelled: Split,
    recipe: Recipe,
    settings: MetaPseudoLabels | None = None,
    *,
    strong: Augmentation | None = None,
    seed: int = 0,
    beat: Beat | None = None,
) -> list[float]:
    """Train both in place, from scratch; both are left in eval mode, the student is the result.

    `unlabelled`'s labels are never read. `strong` is the second view's augmentation, by default
    cutout of a quarter of the image's side. Returns the feedback at each step: how much the
    student's labelled loss fell by the step that it took on the teacher's labels.
    """
    settings = settings or MetaPseudoLabels()
    strong = unmixed(strong or Augmentation(cutout=data.shape[1] // 4))
    device = next(student.parameters()).device
    known = endless(data, labelled, recipe.batch, seed, device)
    many = min(len(unlabelled), settings.ratio * recipe.batch)
    weak_views = endless(data, unlabelled, many, seed, device)
    strong_views = endless(data, unlabelled, many, seed, device, strong)
    both = _Pair(
        teacher.train(),
        student.train(),
        Descent(teacher, recipe, settings.steps),
        Descent(student, recipe, settings.steps, beat),
        settings,
        recipe.label_smoothing,
    )
    with seeded(seed, device):
        for step in range(settings.steps):
            images, labels = next(known)
            both.step(images, labels, next(weak_views)[0], next(strong_views)[0], step)
    teacher.eval()
    if settings.finetune:
        slow = replace(recipe.optimizer, lr=settings.finetune_rate * recipe.optimizer.lr)
        gentle = replace(recipe, optimizer=slow)
        supervised(student, data, labelled, gentle, steps=settings.finetune, seed=seed + 1)
    student.eval()
    return both.feedback


@dataclass(slots=True)
class _Pair:
    """Teacher and student under way."""

    teacher: nn.Module
    student: nn.Module
    teaching: Descent
    learning: Descent
    settings: MetaPseudoLabels
    smoothing: float
    feedback: list[float] = field(default_factory=list)
    usual: float = 0.0  # the mean feedback of late

    def step(self, images: Tensor, labels: Tensor, weak: Tensor, strong: Tensor, at: int) -> None:
        """One step of the student on the teacher's labels, then one of the teacher."""
        together = plain(self.teacher(torch.cat([images, weak, strong])))
        of_known, of_weak, of_strong = together.tensor_split([len(images), len(images) + len(weak)])
        belief = softmax(of_strong.detach(), 1)
        pseudo = torch.multinomial(belief, 1)[:, 0]  # drawn, as in the paper's equation 3
        gained = self._taught(strong, pseudo, images, labels)
        loss = cross_entropy(of_known, labels, label_smoothing=self.smoothing)
        loss = loss + self._weight(at) * self._disagreement(of_weak.detach(), of_strong)
        loss = loss + gained * cross_entropy(of_strong, pseudo)
        self.teaching.step(loss)

    def _taught(self, strong: Tensor, pseudo: Tensor, images: Tensor, labels: Tensor) -> float:
        """Let the student take its step; the feedback, beyond what is usual.

        The student's labelled loss before less after is, to first order, the learning rate times
        the product of the gradients on labelled and on pseudo-labelled images.
        """
        outputs = plain(self.student(torch.cat([images, strong])))
        before = cross_entropy(outputs[: len(images)].detach(), labels)
        self.learning.step(
            cross_entropy(outputs[len(images) :], pseudo, label_smoothing=self.smoothing)
        )
        with torch.no_grad():
            # Beside the same images, or batch norm would see another batch than before.
            after = plain(self.student(torch.cat([images, strong])))[: len(images)]
            gained = float(before - cross_entropy(after, labels))
        self.feedback.append(gained)
        memory = self.settings.memory
        self.usual = memory * self.usual + (1 - memory) * gained
        return gained - self.usual

    def _weight(self, at: int) -> float:
        rise = max(1.0, self.settings.ramp * self.settings.steps)
        return self.settings.consistency * min(1.0, (at + 1) / rise)

    def _disagreement(self, of_weak: Tensor, of_strong: Tensor) -> Tensor:
        """Cross-entropy of the strong view against the sharpened belief in the weak one."""
        sure = softmax(of_weak, 1).amax(1) >= self.settings.threshold
        target = softmax(of_weak / self.settings.temperature, 1)
        each = -(target * log_softmax(of_strong, 1)).sum(1)
        return (each * sure).mean()
