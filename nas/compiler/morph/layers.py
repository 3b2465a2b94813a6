"""A parent's numbers in a wider or larger layer of its child."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from nas.compiler.morph.channels import covers, shares, widened

State = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Wiring:
    """How a layer's rows (outputs) and columns (inputs of each group) are those of its parent's.

    `rows` (out,) and `columns` (groups, inputs of a group) are the parent's, -1 where there is
    none; `weights` (out, inputs of a group) multiply; `lost` says what of the parent has no place.
    """

    rows: Tensor
    columns: Tensor
    weights: Tensor
    lost: str = ""


def wired(
    source: Tensor, old: tuple[int, int, int], new: tuple[int, int, int], given: Tensor | None
) -> Wiring:
    """The wiring of a layer whose inputs are the parent's channels `source`; `old` and `new` are
    its (inputs, outputs, groups). Its outputs are `given`, unless groups tie them to its inputs."""
    (into, out, count), (wide, made, groups) = old, new
    each, every = into // count, wide // groups
    blocks = source.view(groups, every)
    if every == each == 1 and made == groups and out == count:  # depthwise: each channel by itself
        one = torch.where(blocks >= 0, 0, -1)
        return Wiring(source, one, (one == 0).double())
    columns = torch.full_like(blocks, -1)
    weights = torch.zeros(made, every, dtype=torch.double)
    rows = weights.view(groups, made // groups, every)  # of each group
    whole = torch.full((groups,), -1)
    lost = ""
    for group, block in enumerate(blocks):
        known = block[block >= 0]
        if not len(known):
            continue
        whole[group] = known[0] // each
        inside = (block >= 0) & (block // each == whole[group])
        if not bool((inside == (block >= 0)).all()):
            lost = f"its {count} groups are other channels than the {groups}"
        columns[group] = torch.where(inside, block - whole[group] * each, -1)
        rows[group] = shares(columns[group], each, made // groups)
        if not covers(columns[group], each):
            lost = lost or f"it reads fewer of its parent's channels: {every} for {each}"
    if given is None:
        within = widened(out // count, made // groups)
        given = torch.where(
            whole[:, None] >= 0, whole[:, None] * (out // count) + within, torch.tensor(-1)
        ).flatten()
    return Wiring(given, columns, weights, lost)


def filtered(mine: Tensor, theirs: Tensor, wiring: Wiring, shift: tuple[int, ...]) -> Tensor:
    """The weight (out, inputs of a group, *kernel) made of the parent's; the parent's kernel lies
    `shift` pixels inside. New rows stay as they are in `mine`, new columns are zero."""
    groups = len(wiring.columns)
    group = torch.arange(len(mine)) // (len(mine) // groups)
    rows, columns = wiring.rows.clamp(min=0), wiring.columns.clamp(min=0)[group]
    picked = theirs[rows[:, None], columns].double()
    behind = (1,) * (mine.ndim - 2)
    picked *= wiring.weights.view(*picked.shape[:2], *behind)
    made = torch.zeros(mine.shape, dtype=torch.double)
    into, of = [slice(None)] * 2, [slice(None)] * 2
    for side, old, by in zip(mine.shape[2:], theirs.shape[2:], shift, strict=True):
        into.append(slice(max(by, 0), max(min(by + old, side), 0)))
        of.append(slice(max(-by, 0), max(min(side - by, old), 0)))
    made[tuple(into)] = picked[tuple(of)]
    new = (wiring.rows < 0).view(-1, 1, *behind)
    return torch.where(new, mine.double(), made).to(mine.dtype)


def listed(mine: Tensor, theirs: Tensor, source: Tensor, dim: int = 0) -> Tensor:
    """A number a channel along `dim`, each the parent's; new channels keep theirs."""
    known = (source >= 0).view(-1, *[1] * (mine.ndim - dim - 1))
    return torch.where(known, theirs.index_select(dim, source.clamp(min=0)), mine)
