"""Optimizers: what a recipe says of one, and how torch builds it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn, optim


@dataclass(frozen=True, slots=True)
class Optimizer(ABC):
    """An optimizer's settings; `lr` is for the recipe's batch, `decay_all` decays vectors too."""

    lr: float
    weight_decay: float = 0.0
    decay_all: bool = False

    def build(self, model: nn.Module) -> optim.Optimizer:
        """A torch optimizer over the model's trainable parameters.

        Only matrices and kernels are decayed, not what is one number a channel (biases, scales of
        norms and branches) nor tables (positions, the class token), unless `decay_all`.
        Source: arXiv:1706.02677 and arXiv:1812.01187, section 3.1 ("no bias decay"); tables as in
        DeiT and Swin, arXiv:2103.14030.
        """
        named = [(name, each) for name, each in model.named_parameters() if each.requires_grad]
        spared = [] if self.decay_all else [each for name, each in named if not _weighs(name, each)]
        left = {id(each) for each in spared}
        groups = [
            {
                "params": [each for _, each in named if id(each) not in left],
                "weight_decay": self.weight_decay,
            },
            {"params": spared, "weight_decay": 0.0},
        ]
        return self.over([group for group in groups if group["params"]])

    @abstractmethod
    def over(self, groups: Iterable[dict[str, Any]]) -> optim.Optimizer:
        """The torch optimizer over parameter groups."""


def _weighs(name: str, parameter: nn.Parameter) -> bool:
    """Whether it is a matrix or a kernel: called a weight, and of several numbers an output."""
    return name.endswith("weight") and parameter.numel() > len(parameter)


@dataclass(frozen=True, slots=True)
class SGD(Optimizer):
    """Stochastic gradient descent with momentum. Source: ResNet, arXiv:1512.03385, section 3.4."""

    momentum: float = 0.9
    nesterov: bool = False

    def over(self, groups: Iterable[dict[str, Any]]) -> optim.Optimizer:
        """`torch.optim.SGD`, one kernel per step."""
        from torch import optim

        return optim.SGD(
            groups, self.lr, momentum=self.momentum, nesterov=self.nesterov, fused=True
        )


@dataclass(frozen=True, slots=True)
class AdamW(Optimizer):
    """Adam with decoupled weight decay. Source: arXiv:1711.05101."""

    betas: tuple[float, ...] = (0.9, 0.999)
    eps: float = 1e-8

    def over(self, groups: Iterable[dict[str, Any]]) -> optim.Optimizer:
        """`torch.optim.AdamW`, one kernel per step."""
        from torch import optim

        first, second = self.betas
        return optim.AdamW(groups, self.lr, betas=(first, second), eps=self.eps, fused=True)


@dataclass(frozen=True, slots=True)
class RMSProp(Optimizer):
    """RMSProp with momentum. Source: arXiv:1308.0850, equations 38 to 45."""

    momentum: float = 0.9
    decay: float = 0.9  # of the mean of squares
    eps: float = 1e-3

    def over(self, groups: Iterable[dict[str, Any]]) -> optim.Optimizer:
        """`torch.optim.RMSprop`."""
        from torch import optim

        return optim.RMSprop(
            groups, self.lr, alpha=self.decay, eps=self.eps, momentum=self.momentum, foreach=True
        )


@dataclass(frozen=True, slots=True)
class RMSPropTF(Optimizer):
    """RMSProp as TensorFlow has it. Source: EfficientNet, arXiv:1905.11946, section 5.2."""

    momentum: float = 0.9
    decay: float = 0.9  # of the mean of squares
    eps: float = 1e-3

    def over(self, groups: Iterable[dict[str, Any]]) -> optim.Optimizer:
        """`nas.train.rmsprop.RMSPropTF`."""
        from nas.train import rmsprop

        return rmsprop.RMSPropTF(
            groups, self.lr, decay=self.decay, momentum=self.momentum, eps=self.eps
        )
