"""Transfer: a network trained on one data set goes on with another, its first stages as they were.

Source: arXiv:1411.1792 (the first layers' features are general, the last ones' are not).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from nas.compiler.network import Network
from nas.errors import UsageError

_HEAD = re.compile(r"aux\d*")


def stages(model: Network) -> tuple[str, ...]:
    """The parts of the network's chain that hold weights, in order; the last is the classifier."""
    parts = [(name, part) for name, part in model.named_children() if list(part.parameters())]
    return tuple(name for name, _ in parts if not (model.aux_weights and _HEAD.fullmatch(name)))


@contextmanager
def frozen(model: Network, first: int) -> Iterator[tuple[str, ...]]:
    """While it holds, training leaves the `first` stages of the network as they are; gives their
    names.

    Their weights get no gradients and no decay, their batch norms use the statistics that they
    have and don't change them, and nothing in them is dropped.
    Raises `UsageError` unless at least one stage is left to train.
    """
    names = stages(model)
    if not 0 <= first < len(names):
        raise UsageError(
            f"--freeze {first}: the network has {len(names)} stages ({', '.join(names)}), and at "
            f"least the last must be trained; freeze 0 to {len(names) - 1}"
        )
    parts = [model.get_submodule(name) for name in names[:first]]
    held = [each for part in parts for each in part.parameters() if each.requires_grad]

    def still(*_: object) -> None:
        for part in parts:
            if part.training:
                part.eval()

    hook = model.register_forward_pre_hook(still)
    try:
        for each in held:
            each.requires_grad_(False)
        yield names[:first]
    finally:
        hook.remove()
        for each in held:
            each.requires_grad_(True)


def is_frozen(module: nn.Module) -> bool:
    """Whether a module has weights and none of them is trained."""
    trained = [each.requires_grad for each in module.parameters()]
    return bool(trained) and not any(trained)
