"""Which channel of a parent each channel of its child is: as many copies of some as it is wider.

Source: Net2WiderNet, arXiv:1511.05641, section 2.1; there the copies are drawn at random, here all
channels in turn in a random order, so that none has many more than another.
"""

from __future__ import annotations

import torch
from torch import Tensor

Groups = tuple[int, int]  # (the parent's, the child's)


def widened(old: int, new: int, groups: Groups = (1, 1)) -> Tensor:
    """(new,) the parent's channel of each of the child's; the same for the same numbers.

    Channels in `groups` keep to them: groups are copied as wholes, and channels within each.
    """
    before, after = groups
    if before == after == 1 or after < before or old % before or new % after:
        return _drawn(old, new)
    wide = old // before
    whole, within = _drawn(before, after), _drawn(wide, new // after)
    return (whole[:, None] * wide + within).flatten()


def _drawn(old: int, new: int) -> Tensor:
    """Each once, in order, then over and over in a random order; the first `new` of that."""
    random = torch.Generator().manual_seed(old * 1_000_003 + new)
    rounds = [torch.arange(old)]
    rounds += [torch.randperm(old, generator=random) for _ in range((new - 1) // old)]
    return torch.cat(rounds)[:new]


def shares(source: Tensor, old: int, rows: int) -> Tensor:
    """(rows, n) by how much to multiply what each row reads of n channels, so that copies of one of
    `old` channels together count once; 0 for a new channel (-1).

    Copies share unevenly and in each row otherwise: else their gradients would be alike, or
    multiples, which optimizers such as Adam take for alike, and they would stay copies for ever.
    """
    random = torch.Generator().manual_seed(old * 1_000_003 + len(source))
    known = source >= 0
    parts = (0.25 + torch.rand(rows, len(source), generator=random).double()) * known
    at = source.clamp(min=0)
    sums = torch.zeros(rows, old, dtype=torch.double).index_add_(1, at, parts)
    return torch.where(known, parts / sums[:, at], 0.0)


def covers(source: Tensor, old: int) -> bool:
    """Whether each of `old` channels is among `source`."""
    return len(set(source.tolist()) - {-1}) == old


def same(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors are the same channels."""
    return one.shape == other.shape and bool((one == other).all())


def unchanged(source: Tensor, old: int) -> bool:
    """Whether the channels are the parent's, each in its place."""
    return len(source) == old and same(source, torch.arange(old))
