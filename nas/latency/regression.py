"""What a run that nobody measured takes, from those of its kind; and how sums become networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TypeAlias

from nas.latency.runs import Run

Rates: TypeAlias = tuple[float, float, float]  # seconds a MAC, a byte moved, and a call
ANY = "any"  # the kind of all runs together
FEW = 6  # runs of a kind that bear rates of their own


def rates(seconds: Mapping[Run, float], batch: int) -> dict[str, Rates]:
    """For each kind, and for `ANY`, the rates that fit the measured seconds best.

    Non-negative least squares on relative errors, so that a run with more work never takes less.
    """
    kinds: dict[str, list[Run]] = {ANY: list(seconds)}
    for run in seconds:
        kinds.setdefault(run.kind, []).append(run)
    return {
        kind: _fitted(members, [seconds[run] for run in members], batch)
        for kind, members in kinds.items()
        if kind == ANY or len(members) >= FEW
    }


def estimate(run: Run, known: Mapping[str, Rates], batch: int) -> float:
    """Seconds of a run by the rates of its kind, or of all."""
    per_mac, per_byte, per_call = known.get(run.kind) or known[ANY]
    macs, moved = run.work
    return per_mac * macs * batch + per_byte * moved * batch + per_call * len(run.steps)


def _fitted(members: Sequence[Run], seconds: Sequence[float], batch: int) -> Rates:
    import numpy as np
    from scipy.optimize import nnls

    work = np.array([(*run.work, len(run.steps) / batch) for run in members]) * batch
    rows = work / np.array(seconds)[:, None]
    scale = rows.max(axis=0)
    scale[scale == 0] = 1
    found = nnls(rows / scale, np.ones(len(members)))[0] / scale
    return float(found[0]), float(found[1]), float(found[2])


def line(sums: Sequence[float], seconds: Sequence[float]) -> tuple[float, float]:
    """(scale, offset), neither below 0, whose `scale * sum + offset` has the least mean absolute
    percentage error.

    That of all lines through two of the points, or through one and the origin, among which the
    best line is; so a network that the machine was disturbed in doesn't bend it.
    """
    points = list(zip(sums, seconds, strict=True))
    lines = [(y / x, 0.0) for x, y in points]
    for (x, y), (x2, y2) in combinations(points, 2):
        if x != x2:
            scale = (y2 - y) / (x2 - x)
            lines.append((scale, y - scale * x))
    lines = [each for each in lines if min(each) >= 0]
    return min(lines, key=lambda each: mape([each[0] * x + each[1] for x in sums], seconds))


def mape(predicted: Sequence[float], seconds: Sequence[float]) -> float:
    """Mean absolute percentage error, as a share: 0.05 is 5 %."""
    pairs = zip(predicted, seconds, strict=True)
    return sum(abs(p / s - 1) for p, s in pairs) / len(seconds)


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    """Spearman's rank correlation; 0 where one side is all alike."""
    import numpy as np
    from scipy.stats import rankdata

    ranks = [rankdata(side) for side in (a, b)]
    if any(np.ptp(rank) == 0 for rank in ranks):
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
