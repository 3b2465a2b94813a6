"""A candidate on the shared weights: its own module, whose tensors are slices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call

from nas.compiler.network import compile
from nas.genotype.expression import Genotype
from nas.ops.initialise import initialise
from nas.supernet.shelf import Shelf
from nas.supernet.slices import Part
from nas.train.trainee import dropping


class Subnet:
    """The compiled module of `candidate`, without weights of its own, on those of `shelf`.

    Its residual branches are dropped at the rate of `drop_path`, in training mode.
    """

    def __init__(
        self,
        shelf: Shelf,
        found: Sequence[Part],
        candidate: Genotype,
        drop_path: float,
        device: torch.device,
    ) -> None:
        whole = dropping(candidate, drop_path) if drop_path else candidate
        self.module = compile(whole, device="meta")
        for module in self.module.modules():
            buffers = list(module.named_buffers(recurse=False))
            for name, buffer in buffers:
                module.register_buffer(name, torch.empty_like(buffer, device=device))
            if buffers and not module._parameters:
                initialise(module, None)
            elif buffers:
                module.reset_running_stats()  # type: ignore[operator]
        self._takes = {
            each.name: shelf.taker(each, device) for part in found for _, each in part.slices
        }

    def weights(self) -> dict[str, Tensor]:
        """Its parameters by their names, as views and picks of the shared ones."""
        return {name: take() for name, take in self._takes.items()}

    def __call__(self, images: Tensor, training: bool) -> Any:
        """What the module says to images (B, C, H, W), in training mode or not."""
        self.module.train(training)
        return functional_call(self.module, self.weights(), (images,))
