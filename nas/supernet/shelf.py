"""The shared weights: for each place one tensor that every slice taken there fits into."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeAlias

import torch
from torch import Tensor, nn

from nas.errors import SpaceError
from nas.graph import Path
from nas.ops import Layer
from nas.ops.fresh import fresh
from nas.ops.initialise import initialise
from nas.supernet.slices import Axis, Part, Slice, twin

Run: TypeAlias = tuple[int, int]  # start and length along one side
Take: TypeAlias = Callable[[], Tensor]


@dataclass(slots=True)
class _Largest:
    """The layer that takes most at a place, from which the shared tensor begins."""

    layer: Layer
    name: str  # of the tensor in the layer
    slice: Slice
    weights: int


class Shelf(nn.Module):
    """One parameter for each place, its name the path, as large as the largest slice on each side.

    The same seed gives the same numbers. `zeros` are the places of scales that begin at zero.
    """

    def __init__(self, told: Iterable[Part], seed: int, zeros: frozenset[Path]) -> None:
        super().__init__()
        largest: dict[Path, _Largest] = {}
        self._extents: dict[Path, tuple[Axis, ...]] = {}
        for part in told:
            for name, each in part.slices:
                before = self._extents.get(each.place)
                self._extents[each.place] = _joined(before, each.axes)
                if each.place not in largest or part.weights > largest[each.place].weights:
                    largest[each.place] = _Largest(part.layer, name, each, part.weights)
        for place in largest.keys() & {twin(place) for place in largest}:
            self._extents[place] = _joined(self._extents[place], self._extents[twin(place)])
        for place, one in largest.items():
            value = torch.zeros(self._shape(place)) if place in zeros else self._begun(one, seed)
            self._home(place).register_parameter(place[-1], nn.Parameter(value))

    def taker(self, slice: Slice, device: torch.device) -> Take:
        """What gives the slice as it is now, a view of the shared tensor or a pick from it.

        Raises SpaceError where it is larger than what stands there.
        """
        # of a block that was only met with its input added, or only without, there is one norm
        place = slice.place if slice.place in self._extents else twin(slice.place)
        extent = self._extents.get(place, ())
        if not _within(slice.axes, extent):
            wanted = "x".join(str(sum(axis.parts)) for axis in slice.axes)
            raise SpaceError(
                f"{slice.name}: the supernet has no {wanted} weights at {'.'.join(place)}; "
                "it was made for another space"
            )
        home, name = self._home(place), place[-1]
        cuts: list[tuple[int, int, int]] = []
        picks: list[tuple[int, Tensor]] = []
        for side, (axis, most) in enumerate(zip(slice.axes, extent, strict=True)):
            runs = _runs(axis, most)
            if len(runs) > 1:
                picks.append((side, _index(runs).to(device)))
            elif runs[0] != (0, sum(most.parts)):
                cuts.append((side, *runs[0]))

        def take() -> Tensor:
            value: Tensor = home._parameters[name]  # type: ignore[assignment]
            for side, start, length in cuts:
                value = value.narrow(side, start, length)
            for side, index in picks:
                value = value.index_select(side, index)
            return value

        return take

    def _home(self, place: Path) -> nn.Module:
        """The module that holds the parameter at a place, made where it isn't there yet."""
        home: nn.Module = self
        for step in place[:-1]:
            inner = home._modules.get(step)
            if inner is None:
                inner = home._modules[step] = nn.Module()
            home = inner
        return home

    def _shape(self, place: Path) -> tuple[int, ...]:
        return tuple(sum(axis.parts) for axis in self._extents[place])

    def _begun(self, one: _Largest, seed: int) -> Tensor:
        """First weights: those of the largest layer, and around it as spread as they are."""
        place = one.slice.place
        # a word of 32 bits is all that torch's generator takes of a seed
        random = torch.Generator().manual_seed(zlib.crc32(f"{seed} {'/'.join(place)}".encode()))
        module = fresh(one.layer, torch.device("cpu"))
        for each in module.modules():
            initialise(each, random)
        inner = module.get_parameter(one.name).detach()
        if inner.shape == self._shape(place):
            return inner
        spread = float(inner.std()) if inner.numel() > 1 else 0.0
        value = torch.empty(self._shape(place)).normal_(
            float(inner.mean()), spread, generator=random
        )
        index = [
            _index(_runs(axis, most))
            for axis, most in zip(one.slice.axes, self._extents[place], strict=True)
        ]
        value[torch.meshgrid(*index, indexing="ij")] = inner
        return value


def _joined(first: tuple[Axis, ...] | None, second: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """The least that holds both."""
    if first is None or first == second:
        return second
    return tuple(
        Axis(
            tuple(max(pair) for pair in zip_longest(a.parts, b.parts, fillvalue=0)),
            a.centred,
            a.fixed,
        )
        for a, b in zip(first, second, strict=True)
    )


def _within(axes: tuple[Axis, ...], extent: tuple[Axis, ...]) -> bool:
    """Whether no side is longer than what is there."""
    return len(axes) == len(extent) and all(
        sum(axis.parts) <= sum(most.parts) for axis, most in zip(axes, extent, strict=True)
    )


def _fits(axis: Axis, most: Axis) -> bool:
    """Whether each part is within its own."""
    parts = zip_longest(axis.parts, most.parts, fillvalue=0)
    return all(part <= room for part, room in parts)


def _index(runs: list[Run]) -> Tensor:
    return torch.cat([torch.arange(start, start + length) for start, length in runs])


def _runs(axis: Axis, most: Axis) -> list[Run]:
    """Which stretches of the shared side are taken, neighbouring ones as one."""
    if axis.centred:
        (side,), (whole,) = axis.parts, most.parts
        return [((whole - side) // 2, side)]
    if not _fits(axis, most):
        return [(0, sum(axis.parts))]  # put together otherwise: as if it were of one part
    runs: list[Run] = []
    at = 0
    for part, room in zip(axis.parts, most.parts, strict=False):
        if runs and sum(runs[-1]) == at:
            runs[-1] = (runs[-1][0], runs[-1][1] + part)
        elif part:
            runs.append((at, part))
        at += room
    return runs
