"""What a proxy looks at: a genotype, one batch of real images, and fresh networks to try."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from nas.compiler.network import Network, compile
from nas.genotype import Genotype

WEIGHED = (nn.Conv2d, nn.Linear)
NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)


@dataclass(frozen=True, slots=True)
class Probe:
    """One candidate: `images` (N, C, H, W), normalised, and `labels` (N,), on the device to use."""

    genotype: Genotype
    images: Tensor = field(repr=False)
    labels: Tensor = field(repr=False)
    seed: int = 0

    def network(self) -> Network:
        """The genotype compiled anew, weights drawn by the seed, in training mode."""
        model = compile(self.genotype, seed=self.seed)
        return model.to(self.images.device).train()

    def loss(self, model: nn.Module) -> Tensor:
        """Mean cross-entropy of `model`'s logits on the batch; auxiliary heads are left out."""
        return cross_entropy(logits(model, self.images), self.labels)


def logits(model: nn.Module, images: Tensor) -> Tensor:
    """The model's own output (N, classes), without those of auxiliary heads."""
    output = model(images)
    return output if isinstance(output, Tensor) else output[0]


def weighed(model: nn.Module) -> Iterator[nn.Conv2d | nn.Linear]:
    """The convolutions and linear layers, in order."""
    return (each for each in model.modules() if isinstance(each, WEIGHED))


def weights(model: nn.Module) -> list[Tensor]:
    """The weights (no biases) of convolutions and linear layers that the output depends on."""
    return [each.weight for each in weighed(model)]


def without_norms(model: nn.Module) -> nn.Module:
    """`model` with every batch, layer and group norm replaced by the identity, in place."""
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if isinstance(child, NORMS):
                setattr(parent, name, nn.Identity())
    return model


def total(values: Iterator[Tensor]) -> float:
    """The sum of scalars, in double precision."""
    return float(sum((value.detach().double() for value in values), torch.zeros(())))
