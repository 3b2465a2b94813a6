"""The importance of a run's decisions, with intervals and what chance would give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas.report.figures.importance import Importance
from nas.report.ped_anova import UNMADE, Codes
from nas.report.ped_anova import importances as shares
from nas.search.standing import Finished
from nas.study.report.told import Told

LEAST = 20  # candidates: two are the best tenth
RESAMPLED = 100  # times
SPAN = (5, 95)  # percentiles


def ranked(told: Told) -> list[Finished]:
    """The results that decisions are judged by: at the highest level that has enough of them, else
    at the one with most."""
    levels: dict[int, list[Finished]] = {}
    for _, each in told.finished:
        levels.setdefault(each.rung, []).append(each)
    for rung in sorted(levels, reverse=True):
        if len(levels[rung]) >= LEAST:
            return levels[rung]
    return max(levels.values(), key=len, default=[])


def importances(told: Told, results: Sequence[Finished]) -> tuple[Importance, ...]:
    """How much each decision tells the best tenth of the results from the rest; () where none
    does."""
    options = {key: held for key, held in told.journal.options.items() if len(held) > 1}
    codes = np.stack([_codes(told, results, key) for key in options])
    counts = [len(held) for held in options.values()]
    gains = np.array([told.gain(each) for each in results])
    whole = shares(codes, counts, gains)
    if not whole.any():
        return ()
    rng = np.random.default_rng(0)
    again, chance = [], []
    for _ in range(RESAMPLED):
        some = rng.integers(len(gains), size=len(gains))
        again.append(shares(codes[:, some], counts, gains[some]))
        chance.append(shares(codes, counts, rng.permutation(gains)))
    low, high = np.percentile(again, SPAN, axis=0)
    by_chance = np.percentile(chance, SPAN[1], axis=0)
    rows = []
    for place, key in enumerate(options):
        value, made = float(whole[place]), int((codes[place] != UNMADE).sum())
        rows.append(
            Importance(
                key,
                value,
                min(value, float(low[place])),
                max(value, float(high[place])),
                float(by_chance[place]),
                made,
                made < len(gains),
            )
        )
    return tuple(rows)


def _codes(told: Told, results: Sequence[Finished], key: str) -> Codes:
    """The place of each result's option at a decision."""
    held = told.journal.options[key]
    places = {(option, type(option)): place for place, option in enumerate(held)}
    points = (told.journal.points[each.number] for each in results)
    found = [places[point[key], type(point[key])] if key in point else UNMADE for point in points]
    return np.array(found, dtype=np.int16)
