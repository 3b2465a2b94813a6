"""Ensembles: several trained networks' answers fused, class by class, and how alike they err.

Source: Trimps-Soushen's fusion of networks weighed per class (ILSVRC 2016); averaging as in AlexNet
(2012) and every winner since.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from nas.errors import UsageError

PRIOR = 1.0  # images of each class that are counted as half right, half wrong before any is seen


@dataclass(frozen=True, slots=True)
class Fusion:
    """How much each network's word counts for each class: `weights` (M, classes), columns of 1."""

    weights: Tensor

    @classmethod
    def mean(cls, members: int, classes: int) -> Fusion:
        """All count alike. Raises `UsageError` for no members."""
        if members < 1:
            raise UsageError("an ensemble needs at least one network, but got none")
        return cls(torch.full((members, classes), 1 / members))

    @classmethod
    def per_class(cls, shares: Tensor, labels: Tensor) -> Fusion:
        """Each by its odds of being right where it says the class, as seen on a validation split.

        `shares` (M, N, classes), `labels` (N,). The weight is the logarithm of (right + 1) to
        (wrong + 1) among the images a network calls so, at least a thousandth of the best's: one
        that is often wrong about a class hardly counts there.
        """
        _, _, classes = shares.shape
        said = F.one_hot(shares.argmax(2), classes)  # (M, N, classes)
        true = F.one_hot(labels, classes)
        right = (said * true).sum(1).double() + PRIOR
        wrong = (said * (1 - true)).sum(1).double() + PRIOR
        odds = (right / wrong).log()
        odds = odds.maximum(1e-3 * odds.amax(0, keepdim=True)).clamp(min=1e-6)
        return cls((odds / odds.sum(0)).float())

    def fused(self, shares: Tensor) -> Tensor:
        """The ensemble's shares (N, classes) from its members' (M, N, classes); rows add up to 1.

        Raises `UsageError` where they are not of as many members and classes as the weights.
        """
        members, classes = self.weights.shape
        if shares.shape[0] != members or shares.shape[2] != classes:
            raise UsageError(
                f"the fusion weighs {members} networks of {classes} classes, but got the answers "
                f"of {shares.shape[0]} networks of {shares.shape[2]} classes"
            )
        summed = (shares * self.weights[:, None, :]).sum(0)
        return summed / summed.sum(1, keepdim=True)


def error_correlation(shares: Tensor, labels: Tensor) -> Tensor:
    """How alike each two networks err (M, M): the correlation of their errors over the images.

    1 on the diagonal; 0 for independent errors, of which an ensemble gains most; a network that is
    never or always wrong correlates 0 with the others.
    """
    wrong = (shares.argmax(2) != labels).double()
    centred = wrong - wrong.mean(1, keepdim=True)
    norm = centred.norm(dim=1)
    found: Tensor = (centred @ centred.T) / (norm[:, None] * norm[None, :]).clamp(min=1e-12)
    return found.fill_diagonal_(1.0)
