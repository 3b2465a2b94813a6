"""Features of candidates as matrices, worked out once a candidate.

Zero-cost scores as features of a predictor: arXiv:2104.01177 (which gives them to other surrogates,
next to the encoding).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from nas.search.candidates import Candidate, Space
from nas.search.scores import Scores

Matrix = NDArray[np.float64]

KEPT = 8192  # candidates remembered


class Features:
    """The kinds of features of a space's candidates: decisions, logarithms of the costs, and the
    paths through cells where there are any."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._rows: dict[frozenset[Any], tuple[Matrix, Matrix, Matrix]] = {}
        self._ways: dict[Any, int] = {}  # each path's column

    def of(self, candidates: Sequence[Candidate]) -> list[Matrix]:
        """A matrix for each kind, with a row for each candidate."""
        rows = [self._row(each) for each in candidates]
        costs = np.array([cost for _, cost, _ in rows])
        kinds = [
            np.array([decided for decided, _, _ in rows]),
            (costs - costs.mean(0)) / (costs.std(0) + 1e-9),
        ]
        if self._ways:
            ways = np.zeros((len(rows), len(self._ways)))
            lengths = [len(through) for _, _, through in rows]
            columns = np.concatenate([through for _, _, through in rows])
            ways[np.repeat(np.arange(len(rows)), lengths), columns] = 1
            kinds.append(ways)
        return kinds

    def scored(self, candidates: Sequence[Candidate], scores: Scores) -> list[Matrix]:
        """The same and one kind more: the candidates' scores, each as the normal quantile of its
        rank among them, as a proxy's scale means nothing; where it failed, it is the worst."""
        table = np.array([scores.of(each.card.genotype) for each in candidates])
        ranks = rankdata(np.nan_to_num(table, nan=-np.inf), axis=0)
        return [*self.of(candidates), ndtri((ranks - 0.5) / len(table))]

    def _row(self, candidate: Candidate) -> tuple[Matrix, Matrix, Matrix]:
        """(decisions, costs, the columns of its paths)."""
        key = frozenset(candidate.point.items())
        row = self._rows.get(key)
        if row is None:
            decided, through = self._space.features(candidate.point, candidate.network)
            columns = [self._ways.setdefault(way, len(self._ways)) for way in sorted(through)]
            costs = np.log([1 + candidate.card.macs, 1 + candidate.card.params])
            row = decided, costs, np.array(columns, np.intp)
            if len(self._rows) >= KEPT:
                del self._rows[next(iter(self._rows))]
            self._rows[key] = row
        return row
