"""Several objectives: how much a candidate is expected to add. What is measured is predicted, what
is counted (MACs, latency) is known exactly.

Each objective runs from 0, the worst that was seen, to 1, the best. Predictions are of normal
quantiles, which what was seen makes values of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Matrix = NDArray[np.float64]

NODES = 8  # equally likely values that stand for a prediction
PARTS = 0.05  # of the sum of all objectives, beside the worst one
MARGIN = 0.1  # below the worst, so that the ends of a front count
TIE = 1e-6  # of its mean, where nothing is expected of a candidate


@dataclass(frozen=True, slots=True)
class Predicted:
    """A measured objective: what was seen, and, as normal quantiles, what is predicted of the known
    candidates (`own`) and of the others (mean and deviation)."""

    seen: Matrix
    own: Matrix
    mean: Matrix
    deviation: Matrix

    def values(self, quantiles: Matrix) -> Matrix:
        """From 0, the worst seen, to 1, the best; beyond them by the slope of the next fifth."""
        seen = np.sort(self.seen)
        seen = (seen - seen[0]) / max(seen[-1] - seen[0], 1e-12)
        places = ndtri((np.arange(len(seen)) + 0.5) / len(seen))
        found = np.interp(quantiles, places, seen)
        fifth = max(1, len(seen) // 5)
        for end, next_ in ((0, fifth), (-1, -1 - fifth)):
            slope = (seen[end] - seen[next_]) / (places[end] - places[next_])
            beyond = quantiles - places[end]
            found += slope * (np.minimum(beyond, 0) if end == 0 else np.maximum(beyond, 0))
        return np.asarray(found)


def positions(
    predicted: Sequence[Predicted | None], counted: Matrix, known: int
) -> tuple[Matrix, Matrix]:
    """Where the first `known` candidates stand, (known, objectives), and the others, (nodes,
    others, objectives).

    `counted` holds the exact gains of all, (candidates, objectives), where nothing is `predicted`.
    """
    low, high = counted.min(0), counted.max(0)
    exact = (counted - low) / np.maximum(high - low, 1e-12)
    here = exact[:known].copy()
    there = np.repeat(exact[None, known:], NODES, axis=0)
    nodes = ndtri((np.arange(NODES) + 0.5) / NODES)
    for axis, found in enumerate(predicted):
        if found is not None:
            turned = np.roll(nodes, axis * 3)  # so that two predictions aren't one
            here[:, axis] = found.values(found.own)
            there[:, :, axis] = found.values(found.mean + turned[:, None] * found.deviation)
    return here, there


def hypervolume_improvement(here: Matrix, there: Matrix) -> Matrix:
    """The area that each other one is expected to add to what the known ones dominate, of two
    objectives. Source: arXiv:2006.05078, which has the general case."""
    front = here[np.lexsort((-here[:, 1], -here[:, 0]))]
    steps = [front[0]]
    for point in front[1:]:
        if point[1] > steps[-1][1]:
            steps.append(point)
    stair = np.array(steps)
    right = np.append(np.inf, stair[:, 0])  # strips from the right to the left
    left = np.append(stair[:, 0], -MARGIN)
    height = np.append(-MARGIN, stair[:, 1])
    x, y = there[:, :, 0, None], there[:, :, 1, None]
    width = np.maximum(np.minimum(x, right) - left, 0)
    area = (width * np.maximum(y - height, 0)).sum(-1)
    return np.asarray(area.mean(0) + TIE * there.sum(-1).mean(0))


def single(places: Matrix, weights: Matrix) -> Matrix:
    """All objectives in one number, larger is better, of places from 0 to 1 (.., objectives)."""
    short = (1 - places) * weights
    return np.asarray(-short.max(-1) - PARTS * short.sum(-1))


def weighed_improvement(here: Matrix, there: Matrix, weights: Matrix) -> Matrix:
    """How much each other one is expected to beat the best of the known, all objectives weighed
    into one (ParEGO, doi:10.1109/TEVC.2005.851274)."""

    values = single(there, weights)
    gain = np.maximum(values - single(here, weights).max(), 0)
    return np.asarray(gain.mean(0) + TIE * values.mean(0))
