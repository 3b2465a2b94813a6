"""The sandwich rule's loss: the largest candidate learns from the labels, the others from it.

Source: BigNAS, arXiv:2003.11142, section 3.1; slimmable networks, arXiv:1903.05134.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import cross_entropy

from nas.compiler.network import Output
from nas.train.loss import Loss


class Answers(NamedTuple):
    """What the candidates of one step say to one batch: the largest as its module gives it, the
    others by their logits (B, classes)."""

    largest: Tensor | Output
    others: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Sandwich(Loss):
    """The loss of the largest by the labels, plus each other's cross-entropy with the largest's
    probabilities, which get no gradient from it (distillation in place)."""

    def of(self, outputs: Answers | Tensor | Output, labels: Tensor) -> Tensor:  # type: ignore[override]
        """The sum over the candidates of a step; labels as in `Loss.of`."""
        if not isinstance(outputs, Answers):
            return Loss.of(self, outputs, labels)
        loss = Loss.of(self, outputs.largest, labels)
        soft = logits(outputs.largest).detach().softmax(1)
        for other in outputs.others:
            loss = loss + cross_entropy(other, soft)
        return loss


def logits(output: Tensor | Output) -> Tensor:
    """A module's answer without those of its auxiliary heads."""
    return output if isinstance(output, Tensor) else output.logits
