"""Images mixed with others of their batch, and labels with theirs: mixup and cutmix."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from nas.train.augment.holes import boxes


def mixup(
    images: Tensor, labels: Tensor, classes: int, alpha: float, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Each image (B, C, H, W) blended with another; soft labels (B, classes) in the same shares.

    One share for the whole batch is drawn from Beta(alpha, alpha).
    Source: mixup, arXiv:1710.09412, section 2.
    """
    share = _beta(alpha, random, images.device)
    return _blend(images, labels, classes, share.expand(1, 1, *images.shape[2:]), random)


def cutmix(
    images: Tensor, labels: Tensor, classes: int, alpha: float, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Each image (B, C, H, W) with a box of another; soft labels (B, classes) by their areas.

    The box is one for the whole batch: its share of the image is drawn from Beta(alpha, alpha), its
    centre anywhere; what reaches over the border is cut off and counts to neither.
    Source: CutMix, arXiv:1905.04899, section 3.1.
    """
    kept = _outside_a_box(alpha, images.shape[2:], random, images.device)
    return _blend(images, labels, classes, kept, random)


def blended(
    images: Tensor,
    labels: Tensor,
    classes: int,
    alphas: tuple[float, float],
    random: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """`mixup` or `cutmix` at their own alphas, each with a chance of one half for every batch.

    Source: DeiT, arXiv:2012.12877, table 9 (chances of timm's `switch_prob`).
    """
    choice = torch.rand((), generator=random, device=images.device) < 0.5
    share = _beta(alphas[0], random, images.device)
    kept = _outside_a_box(alphas[1], images.shape[2:], random, images.device)
    return _blend(images, labels, classes, torch.where(choice, share, kept), random)


def _blend(
    images: Tensor, labels: Tensor, classes: int, kept: Tensor, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Images of which the shares `kept` (1, 1, H, W) remain; the rest is of their partners."""
    partners = torch.randperm(len(images), generator=random, device=images.device)
    share = kept.mean()
    soft = one_hot(labels, classes).to(images.dtype)
    return (
        torch.lerp(images[partners], images, kept.to(images.dtype)),
        share * soft + (1 - share) * soft[partners],
    )


def _outside_a_box(
    alpha: float, size: torch.Size, random: torch.Generator, device: torch.device
) -> Tensor:
    """(1, 1, H, W): 0 in a box of the drawn share of the image, 1 outside of it."""
    height, width = size
    ratio = (1 - _beta(alpha, random, device)).sqrt()
    limit = torch.tensor([[height], [width]], device=device)
    sides = (ratio * limit).long()
    centre = (torch.rand(2, 1, generator=random, device=device) * limit).long()
    start = centre - sides // 2
    # a box of odd sides ends one pixel sooner, as in the authors' code
    return 1 - boxes(start, centre + sides // 2, height, width).float()


def _beta(alpha: float, random: torch.Generator, device: torch.device) -> Tensor:
    """One draw from Beta(alpha, alpha), on the device: waiting for it would stop the GPU."""
    both = torch.full((2,), alpha, device=device)
    # torch.distributions draws with this, too, but takes no generator
    return torch._sample_dirichlet(both, generator=random)[0]
