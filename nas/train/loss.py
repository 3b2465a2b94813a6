"""The loss of a training: cross-entropy with smoothed or mixed labels, auxiliary heads included."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import cross_entropy


@dataclass(frozen=True, slots=True)
class Loss:
    """The mean cross-entropy over a batch, plus each auxiliary head's times its weight.

    `smoothing` gives that share of each label to all classes alike (Inception-v3,
    arXiv:1512.00567, section 7); auxiliary heads as in GoogLeNet, arXiv:1409.4842, section 5.
    """

    smoothing: float = 0.0
    aux_weights: tuple[float, ...] = ()

    def of(self, outputs: Tensor | tuple[Tensor, tuple[Tensor, ...]], labels: Tensor) -> Tensor:
        """The loss of logits (B, classes), or of `(logits, (logits of each head, ...))`.

        `labels` are classes (B,) or, where images are mixed, shares of each class (B, classes).
        """
        logits, aux = (outputs, ()) if isinstance(outputs, Tensor) else outputs
        loss = cross_entropy(logits, labels, label_smoothing=self.smoothing)
        for each, weight in zip(aux, self.aux_weights if aux else (), strict=True):
            loss = loss + weight * cross_entropy(each, labels, label_smoothing=self.smoothing)
        return loss
