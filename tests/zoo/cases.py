"""A reference beside its witness: the same weights in both, and how far their outputs are apart."""

from dataclasses import dataclass
from functools import cached_property

import naming
import pytest
import torch
from torch import Tensor, nn
from witnesses import Witness, copy, fill, find, images, layers, settle, still

import nas
from nas.genotype.expression import Chain, Genotype, Image
from nas.zoo import Reference

BUSY = 1.5e9  # MACs of one run that a test may take


@dataclass
class Case:
    """A reference beside its witness."""

    reference: Reference

    @cached_property
    def genotype(self) -> Genotype:
        return self.reference.genotype

    @cached_property
    def cost(self) -> nas.costs.Cost:
        return nas.cost(self.genotype)

    @cached_property
    def witness(self) -> Witness:
        found = find(self.reference)
        if found is None:
            pytest.skip("no implementation of it is installed")
        return found

    @cached_property
    def small(self) -> Genotype:
        """The same layers on images small enough to run, where no layer's size depends on them."""
        image, *rest = self.genotype.items
        flattens = any(part.startswith(("fc", "classifier")) for part in self._heads)
        if flattens or self._bound or min(image.height, image.width) < 64:
            return self.genotype
        sides = (
            (image.height, 107, 75, 64) if self.witness.pixels is None else (self.witness.pixels,)
        )
        for side in sides:
            if self.cost.macs * (side / image.height) ** 2 * 4 < BUSY:
                break
        return Chain((Image(image.channels, side, side), *rest))

    @property
    def _bound(self) -> bool:
        """A table of positions fits one size only."""
        tables = ("Positions", "Attend")
        return any(type(node.item).__name__ in tables for node in self.cost.flat.nodes)

    @property
    def _heads(self) -> list[str]:
        """Fully connected layers right on a map."""
        return [
            ".".join(node.path)
            for node in self.cost.flat.nodes
            if type(node.item).__name__ == "Flatten" and node.path[0] not in ("aux", "aux2")
        ]


def pair(case: Case) -> tuple[nn.Module, nn.Module, Tensor]:
    """The witness with random numbers, ours with the same ones, and images for both."""
    names = naming.rules(case.witness.source, case.witness.model)
    if names:
        return _named(case, names)
    shape = nas.cost(case.small).graph.input.shape
    spare = torch.zeros(4, *shape, device="meta")
    theirs, ours = case.witness.build(), nas.compile(case.small, device="meta")
    still(theirs)
    still(ours)
    orders = case.witness.order(layers(theirs, spare)), layers(ours, spare)
    theirs.to_empty(device="cpu")
    ours.to_empty(device="cpu")
    batch = images(*shape)
    fill(theirs, seed=1)
    settle(theirs, batch, seed=2)
    copy(theirs, orders[0], ours, orders[1])
    if case.reference.name.startswith("tf_"):  # timm trains these with torch's usual momentum
        for module in ours.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.momentum = 0.1
    return theirs.eval(), ours.eval(), batch


def _named(case: Case, names: naming.Names) -> tuple[nn.Module, nn.Module, Tensor]:
    """As `pair`, the numbers found by their names."""
    ours, theirs = nas.compile(case.small, seed=0), naming.build(case.witness)
    still(theirs)
    still(ours)
    naming.fill(theirs, seed=1)
    batch = images(*ours.input_shape, count=2)
    if any(isinstance(module, nn.BatchNorm2d) for module in theirs.modules()):
        settle(theirs, batch, seed=2)
    ours.load_state_dict(naming.translated(names, theirs.state_dict(), ours.state_dict()))
    return theirs.eval(), ours.eval(), batch


def flat(value: object) -> list[Tensor]:
    """The logits, then each auxiliary head's in the order of the network."""
    if isinstance(value, Tensor):
        return [value]
    if hasattr(value, "aux_logits1"):  # torchvision's GoogLeNet names the later one first
        return [value.logits, value.aux_logits1, value.aux_logits2]
    return [tensor for part in value for tensor in flat(part)]


def difference(there: Tensor, here: Tensor) -> float:
    """The largest difference as a share of the witness's largest output; infinite where ours is no
    number."""
    assert there.shape == here.shape
    if not torch.isfinite(here).all():
        return float("inf")
    return float((there - here).abs().max() / there.abs().max())
