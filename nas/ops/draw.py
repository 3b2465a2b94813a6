"""Random first weights of large layers on a CPU, drawn in bulk.

Torch spends 32 bits of its generator and a logarithm, a root and a cosine on a normal number. Here
16 bits pick one of 65,536 equally likely parts of the distribution, whose middle is the number, and
the bits come from numpy's SFC64, which torch's generator seeds. That takes half of the time, and no
test of a layer's weights tells the two apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

MANY = 1 << 14  # numbers; fewer are drawn one by one
CHUNK = 1 << 15  # numbers at a time: they stay in the cache, and torch starts no threads for them
PARTS = 1 << 16

Floats = NDArray[np.float32]


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
    if _in_bulk(weight):
        part = 2 * bound / PARTS
        for piece, bits in _chunks(weight, generator):
            np.multiply(bits, part, out=piece, dtype=np.float32)
            piece += part / 2 - bound
    else:
        weight.uniform_(-bound, bound, generator=generator)


def _in_bulk(weight: torch.Tensor) -> bool:
    return (
        weight.device.type == "cpu"
        and weight.dtype == torch.float32
        and weight.numel() >= MANY
        and weight.is_contiguous()
    )


def _pick(
    weight: torch.Tensor, parts: Floats, factor: float, generator: torch.Generator | None
) -> None:
    """Each number one of `parts`, times `factor`."""
    scaled = parts * np.float32(factor)
    for piece, bits in _chunks(weight, generator):
        np.take(scaled, bits, out=piece, mode="clip")  # none is out of bounds: it's the fastest


def _chunks(
    weight: torch.Tensor, generator: torch.Generator | None
) -> Iterator[tuple[Floats, NDArray[np.uint16]]]:
    """Pieces of the weight, each with as many numbers of 16 random bits."""
    seed = torch.empty((), dtype=torch.int64, device=weight.device).random_(generator=generator)
    source = np.random.SFC64(int(seed))
    numbers = weight.detach().view(-1).numpy()
    for start in range(0, len(numbers), CHUNK):
        piece = numbers[start : start + CHUNK]
        words = source.random_raw(-(-len(piece) // 4))
        yield piece, words.astype("<u8", copy=False).view("<u2")[: len(piece)]


def _parts(within: float) -> NDArray[np.float64]:
    """The middles of equally likely parts of what is `within` of the normal distribution."""
    share = (np.arange(PARTS) + 0.5) / PARTS
    found: NDArray[np.float64] = torch.from_numpy((2 * share - 1) * within).erfinv_().numpy()
    return found * math.sqrt(2)


@lru_cache(maxsize=1)
def _normal_parts() -> Floats:
    """Of variance 1 to the last digit."""
    parts = _parts(1)
    scaled: Floats = (parts / parts.std()).astype(np.float32)
    return scaled


@lru_cache(maxsize=1)
def _cut_parts() -> Floats:
    """Without what lies beyond two deviations."""
    return _parts(math.erf(math.sqrt(2))).astype(np.float32)
