"""A mutated network that begins with its parent's weights, as the same function where that can be.

Source: Net2Net, arXiv:1511.05641; network morphism, arXiv:1603.01670. Layers are found by their
place in the expression: a child is its parent with some fields, repeats or blocks changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nas.compiler.morph.lineage import Lineage
from nas.compiler.morph.walk import Walk
from nas.compiler.network import Network
from nas.genotype import parse


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a child took; `preserving` if it answers as its parent does (in eval mode, but for
    rounding), else `reasons` say why it can't."""

    taken: tuple[str, ...]  # layers that hold the parent's numbers, some of them or all
    neutral: tuple[str, ...]  # new layers that were set so that they change nothing
    fresh: tuple[str, ...]  # layers as they were before
    reasons: tuple[str, ...] = ()

    @property
    def preserving(self) -> bool:
        """Whether the child is the parent's function."""
        return not self.reasons

    def __str__(self) -> str:
        """Counts, and the first reason."""
        counts = f"{len(self.taken)} layers of the parent's"
        if self.neutral:
            counts += f", {len(self.neutral)} new ones that change nothing"
        if self.fresh:
            counts += f", {len(self.fresh)} new ones at their initial values"
        if self.preserving:
            return f"{counts}: the same function"
        more = f" and {len(self.reasons) - 1} more" if len(self.reasons) > 1 else ""
        return f"{counts}: another function ({self.reasons[0]}{more})"


def inherit(child: Network, parent: Network, images: Tensor | None = None) -> Inherited:
    """`child` begins with its parent's weights, in place; what that came to.

    Wider layers get copies of their parent's channels, larger kernels a border of zeros, added
    blocks begin as the identity; all else takes the largest common part, and the rest stays as it
    was. New norms in a chain undo themselves; with `images` (N, C, H, W), normalised ones of the
    training data, they do so in training mode, too. The parent is as before.
    """
    lineage = Lineage(parse(child.genotype), parse(parent.genotype))
    mine = child.state_dict()
    theirs = {name: value.detach().cpu() for name, value in parent.state_dict().items()}
    here = {name: value.cpu() for name, value in mine.items()}
    walk = Walk(lineage, here, theirs)
    with torch.no_grad():
        for name, value in mine.items():
            value.copy_(here[name])
    if images is not None and walk.undone:
        _measure(child, walk.undone, images)
    layers = {name.rpartition(".")[0] for name in mine}
    taken, neutral = dict.fromkeys(walk.taken), dict.fromkeys(walk.made)
    fresh = sorted(layers - taken.keys() - neutral.keys())
    return Inherited(tuple(taken), tuple(neutral), tuple(fresh), tuple(walk.lost))


def _measure(child: Network, norms: list[str], images: Tensor) -> None:
    """Norms undo the mean and variance that `images` have there, instead of 0 and 1."""

    def undone(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d)
        (x,) = inputs
        sides = [dim for dim in range(x.ndim) if dim != 1]
        variance, mean = torch.var_mean(x.double(), sides, correction=0)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((norm.running_var + norm.eps).sqrt())
        norm.bias.copy_(norm.running_mean)

    hooks = [child.get_submodule(name).register_forward_pre_hook(undone) for name in norms]
    mode = child.training
    child.eval()
    try:
        with torch.no_grad():
            child(images)
    finally:
        child.train(mode)
        for hook in hooks:
            hook.remove()


__all__ = ["Inherited", "inherit"]
