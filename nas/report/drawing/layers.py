"""Where the boxes of a small graph lie: in layers from top to bottom, branches side by side.

After Sugiyama, Tagawa and Toda (1981): layers by the longest path, an order within each that
crosses few edges, then places that keep edges straight. An edge over several layers has a lane
through them, so that it runs between boxes; edges from one box share theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

LANE = 10.0  # width of a lane, in pixels
SWEEPS = 40


@dataclass(frozen=True, slots=True)
class Laid:
    """Centres of boxes, the lanes of each edge (points from box to box), and the whole's size."""

    centres: tuple[tuple[float, float], ...]
    tops: tuple[float, ...]  # of layers
    bottoms: tuple[float, ...]
    ranks: tuple[int, ...]
    lanes: tuple[tuple[float, ...], ...]  # of each edge, x in each layer between
    width: float
    height: float


@dataclass(slots=True)
class _Item:
    """A box, or a lane's place in a layer."""

    rank: int
    width: float
    box: int | None
    above: list[int]
    below: list[int]
    x: float = 0.0


def laid(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    late: Iterable[int] = (),
    gap: tuple[float, float] = (14.0, 26.0),
) -> Laid:
    """The layout of boxes of these sizes (width, height); `late` boxes are sources that stand
    just above what reads them first.

    `gap` is the least distance between neighbours, across and down, in pixels.
    """
    ranks = ranked(len(sizes), edges, late)
    items, lanes = _items(sizes, edges, ranks)
    layers = _ordered(items, max(ranks, default=0) + 1)
    columns = _columns(items)
    _place(items, layers, columns, gap[0])
    _straighten(items, layers, columns, gap[0])
    left = min((item.x - item.width / 2 for item in items), default=0.0)
    right = max((item.x + item.width / 2 for item in items), default=0.0)
    tops, bottoms = _rows(sizes, ranks, gap[1])
    centres = tuple(
        (items[i].x - left, (tops[ranks[i]] + bottoms[ranks[i]]) / 2) for i in range(len(sizes))
    )
    routes = tuple(tuple(items[i].x - left for i in lane) for lane in lanes)
    return Laid(
        centres, tops, bottoms, tuple(ranks), routes, right - left, bottoms[-1] if bottoms else 0.0
    )


def ranked(count: int, edges: Sequence[tuple[int, int]], late: Iterable[int] = ()) -> list[int]:
    """The layer of each box, by the longest path to it; boxes are in order of execution."""
    ranks = [0] * count
    for a, b in sorted(edges, key=lambda edge: edge[1]):
        ranks[b] = max(ranks[b], ranks[a] + 1)
    for each in late:
        ranks[each] = max(0, min((ranks[b] for a, b in edges if a == each), default=1) - 1)
    return ranks


def _items(
    sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]], ranks: Sequence[int]
) -> tuple[list[_Item], list[list[int]]]:
    """Boxes, then lanes; edges from one box share a lane for as long as they go."""
    items = [_Item(ranks[i], width, i, [], []) for i, (width, _) in enumerate(sizes)]
    shared: dict[tuple[int, int], int] = {}
    lanes: list[list[int]] = []
    for a, b in edges:
        at, lane = a, []
        for rank in range(ranks[a] + 1, ranks[b]):
            key = (a, rank)
            if key not in shared:
                shared[key] = len(items)
                items.append(_Item(rank, LANE, None, [], []))
                items[at].below.append(shared[key])
                items[shared[key]].above.append(at)
            at = shared[key]
            lane.append(at)
        items[at].below.append(b)
        items[b].above.append(at)
        lanes.append(lane)
    return items, lanes


def _ordered(items: list[_Item], count: int) -> list[list[int]]:
    """Each layer's items from left to right: in order of execution, lanes behind, or by what reads
    them, whichever crosses fewer edges, and swapped where that crosses fewer still."""
    found: list[tuple[int, list[list[int]]]] = []
    for down in (True, False):
        layers: list[list[int]] = [[] for _ in range(count)]
        for index, item in enumerate(items):
            layers[item.rank].append(index)
        _settle(items, layers, down=down, stable=True)
        for sweep in range(12):
            crossed = _crossings(items, layers)
            found.append((crossed, [list(layer) for layer in layers]))
            if not crossed:
                break
            if sweep:
                _settle(items, layers, down=(sweep % 2 == 0) == down, stable=False)
            _swap(items, layers)
    return min(found, key=lambda each: each[0])[1]


def _settle(items: list[_Item], layers: list[list[int]], *, down: bool, stable: bool) -> None:
    """Order each layer by the mean place of the neighbours in the layer before."""
    place = {i: n / max(1, len(layer)) for layer in layers for n, i in enumerate(layer)}
    for layer in layers if down else reversed(layers):
        order = []
        for n, i in enumerate(layer):
            near = items[i].above if down else items[i].below
            mean = sum(place[j] for j in near) / len(near) if near else place[i]
            lane = items[i].box is None and stable
            order.append((round(mean, 6), lane, n, i))
        order.sort()
        layer[:] = [i for *_, i in order]
        for n, i in enumerate(layer):
            place[i] = (n + 0.5) / len(layer)


def _swap(items: list[_Item], layers: list[list[int]]) -> None:
    """Swap neighbours while that crosses fewer edges."""
    for rank, layer in enumerate(layers):
        around = layers[max(0, rank - 1) : rank + 2]
        changed = True
        while changed:
            changed = False
            for n in range(len(layer) - 1):
                before = _crossings(items, around)
                layer[n], layer[n + 1] = layer[n + 1], layer[n]
                if _crossings(items, around) < before:
                    changed = True
                else:
                    layer[n], layer[n + 1] = layer[n + 1], layer[n]


def _crossings(items: list[_Item], layers: Sequence[Sequence[int]]) -> int:
    found = 0
    for layer, below in pairwise(layers):
        place = {i: n for n, i in enumerate(below)}
        ends = [n for i in layer for n in sorted(place[j] for j in items[i].below if j in place)]
        found += sum(ends[j] > end for i, end in enumerate(ends) for j in range(i))
    return found


def _columns(items: list[_Item]) -> list[int]:
    """For each item the column that it belongs to: boxes one below the other along the main path,
    and the places of one lane."""
    column = list(range(len(items)))
    for index, item in enumerate(items):  # boxes in order of execution, so from top to bottom
        below = _main(items, item, item.below)
        if below is not None and _main(items, items[below], items[below].above) == index:
            column[below] = column[index]
    return column


def _main(items: list[_Item], item: _Item, near: Sequence[int]) -> int | None:
    """The neighbour that stands straight above or below: the only one of its own sort."""
    same = [i for i in near if (items[i].box is None) == (item.box is None)]
    return same[0] if len(same) == 1 else None


def _straighten(
    items: list[_Item], layers: Sequence[Sequence[int]], columns: Sequence[int], gap: float
) -> None:
    """Put each column upright, near the mean of its places, its neighbours pushed aside; nothing
    where two columns stand on different sides of each other in different layers."""
    apart: dict[tuple[int, int], float] = {}  # columns side by side, and how far apart
    for layer in layers:
        for i, j in pairwise(layer):
            pair = columns[i], columns[j]
            far = (items[i].width + items[j].width) / 2 + gap
            apart[pair] = max(far, apart.get(pair, 0.0))
    after: dict[int, list[int]] = {column: [] for column in columns}
    for left, right in apart:
        after[right].append(left)
    try:
        order = list(TopologicalSorter(after).static_order())
    except CycleError:
        return
    members: dict[int, list[float]] = {}
    for item, column in zip(items, columns, strict=True):
        members.setdefault(column, []).append(item.x)
    mean = {column: sum(xs) / len(xs) for column, xs in members.items()}
    least, most = dict(mean), dict(mean)
    for column in order:
        for left in after[column]:
            least[column] = max(least[column], least[left] + apart[left, column])
    for column in reversed(order):
        for left in after[column]:
            most[left] = min(most[left], most[column] - apart[left, column])
    for item, column in zip(items, columns, strict=True):  # between both all distances hold
        item.x = (least[column] + most[column]) / 2


def _place(
    items: list[_Item], layers: Sequence[Sequence[int]], columns: Sequence[int], gap: float
) -> None:
    """Across: each item near the mean of its neighbours, as the order and the gaps allow, and
    nearer to those of its column."""
    for layer in layers:
        at = 0.0
        for i in layer:
            items[i].x = at + items[i].width / 2
            at += items[i].width + gap
        for i in layer:
            items[i].x -= (at - gap) / 2
    above = [[(j, _weight(items, columns, i, j)) for j in a.above] for i, a in enumerate(items)]
    below = [[(j, _weight(items, columns, i, j)) for j in a.below] for i, a in enumerate(items)]
    both = [up + down for up, down in zip(above, below, strict=True)]
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        near = both if sweep >= SWEEPS // 2 else above if down else below
        for layer in layers if down else reversed(layers):
            wanted, weights = [], []
            for i in layer:
                total = x = 0.0
                for j, weight in near[i]:
                    total += weight
                    x += items[j].x * weight
                wanted.append(x / total if total else items[i].x)
                weights.append(total or 0.1)
            for i, x in zip(layer, _apart(items, layer, wanted, weights, gap), strict=True):
                items[i].x = x


def _weight(items: list[_Item], columns: Sequence[int], i: int, j: int) -> float:
    if columns[i] == columns[j]:
        return 8.0
    return 1.0 if items[i].box is not None and items[j].box is not None else 0.1


def _apart(
    items: list[_Item],
    layer: Sequence[int],
    wanted: Sequence[float],
    weights: Sequence[float],
    gap: float,
) -> list[float]:
    """The places nearest to those wanted (least squares) with the order and the gaps kept: pooled
    adjacent violators."""
    offsets, at = [], 0.0
    for n, i in enumerate(layer):
        if n:
            at += (items[layer[n - 1]].width + items[i].width) / 2 + gap
        offsets.append(at)
    pools: list[tuple[float, float, int]] = []  # (mean, weight, members)
    for x, weight, offset in zip(wanted, weights, offsets, strict=True):
        pool = (x - offset, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            mean, other, members = pools.pop()
            total = other + pool[1]
            pool = (
                (mean * other + pool[0] * pool[1]) / total,
                total,
                members + pool[2],
            )
        pools.append(pool)
    means = [mean for mean, _, members in pools for _ in range(members)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _rows(
    sizes: Sequence[tuple[float, float]], ranks: Sequence[int], gap: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    tops, bottoms, at = [], [], 0.0
    for rank in range(max(ranks, default=-1) + 1):
        height = max((sizes[i][1] for i, r in enumerate(ranks) if r == rank), default=0.0)
        tops.append(at)
        bottoms.append(at + height)
        at += height + gap
    return tuple(tops), tuple(bottoms)
