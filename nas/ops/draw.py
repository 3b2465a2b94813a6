"""Random first weights of large layers on a CPU, drawn in bulk.

Torch spends 32 random bits and a logarithm, a root and a cosine on a normal number. Here 64 bits of
its generator are four numbers: 16 of them pick one of 65,536 equally likely parts of the
distribution, whose middle is the number. That takes 0.6 of the time, and no test of a layer's
weights tells the two apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import torch

MANY = 1 << 14  # numbers; fewer are drawn one by one
CHUNK = 1 << 16  # numbers at a time, which stay in the processor's cache
PARTS = 1 << 16


def normal(weight: torch.Tensor, deviation: float, generator: torch.Generator | None) -> None:
    """Set `weight` to numbers of mean 0 and that deviation, normally distributed."""
    if _in_bulk(weight):
        _pick(weight, _normal_parts(), deviation, generator)
    else:
        weight.normal_(0, deviation, generator=generator)


def cut_normal(weight: torch.Tensor, deviation: float, generator: torch.Generator | None) -> None:
    """As `normal`, but none beyond two deviations; `deviation` is what it is without the cut."""
    if _in_bulk(weight):
        _pick(weight, _cut_parts(), deviation, generator)
    else:
        within = math.erf(math.sqrt(2))
        weight.uniform_(-within, within, generator=generator).erfinv_()
        weight.mul_(deviation * math.sqrt(2))


def uniform(weight: torch.Tensor, bound: float, generator: torch.Generator | None) -> None:
    """Set `weight` to numbers between -bound and bound, all equally likely."""
    if not _in_bulk(weight):
        weight.uniform_(-bound, bound, generator=generator)
        return
    bits = torch.empty(CHUNK, dtype=torch.int32)
    step = bound / (1 << 30)
    for piece in torch.split(weight.view(-1), CHUNK):
        drawn = bits[: len(piece)].random_(generator=generator)  # of 31 bits
        piece.copy_(drawn).mul_(step).sub_(bound)


def _in_bulk(weight: torch.Tensor) -> bool:
    return weight.device.type == "cpu" and weight.numel() >= MANY and weight.is_contiguous()


def _pick(
    weight: torch.Tensor, parts: torch.Tensor, factor: float, generator: torch.Generator | None
) -> None:
    """Each number one of `parts`, times `factor`."""
    bits = torch.empty(CHUNK // 4, dtype=torch.int64)
    index = torch.empty(CHUNK, dtype=torch.int32)
    parts = parts.to(weight.dtype)
    for piece in torch.split(weight.view(-1), CHUNK):
        bits[: -(-len(piece) // 4)].random_(-(1 << 63), None, generator=generator)
        which = index[: len(piece)]
        which.copy_(bits.view(torch.int16)[: len(piece)]).add_(PARTS // 2)
        torch.index_select(parts, 0, which, out=piece)
        piece.mul_(factor)


def _parts(quantile: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """The quantiles in the middle of equally likely parts."""
    with torch.inference_mode(False), torch.device("cpu"):
        middle = (torch.arange(PARTS, dtype=torch.float64) + 0.5) / PARTS
        return quantile(middle).float()


@lru_cache(maxsize=1)
def _normal_parts() -> torch.Tensor:
    """Of the normal distribution, of variance 1 to the last digit."""
    parts = _parts(lambda share: torch.erfinv(2 * share - 1))
    return parts / parts.double().square().mean().sqrt().float()


@lru_cache(maxsize=1)
def _cut_parts() -> torch.Tensor:
    """Of the normal distribution without what lies beyond two deviations."""
    within = math.erf(math.sqrt(2))
    return _parts(lambda share: torch.erfinv((2 * share - 1) * within) * math.sqrt(2))
