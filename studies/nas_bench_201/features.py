"""Do zero-cost scores help the predictor? On the networks of NAS-Bench-201 that are scored.

    python studies/nas_bench_201/features.py --seeds 20

First, how well its surrogate ranks: fitted to so many random networks (one noisy run each), with
scores among their features and without, Kendall's tau of its means with the true (mean) accuracies
of 300 others. Then whole searches as in `quality.py`, but only among the networks that are in
results/scores.csv (of `scores.py`). On CIFAR-10.
"""

from __future__ import annotations

import argparse
import csv
import time
from itertools import islice

import numpy as np
from quality import SPACE, _card, _digits, known_scores, table
from scipy.stats import kendalltau
from scores import SCORES
from searching import queries

from nas.search.candidates import Candidate, Candidates
from nas.search.samplers import make
from nas.search.samplers._features import Features
from nas.search.scores import Scores
from nas.search.surrogate import Surrogate, ranked

VARIANTS = ("", "naswot", "synflow", "naswot,synflow")
FITTED = (10, 20, 40, 80)
OTHERS = 300
SHOWN = (15, 30, 60)


class Scored(Candidates):
    """Only networks that are scored may be drawn."""

    def __init__(self, scores: Scores | None, known: set[str]) -> None:
        super().__init__(SPACE, describe=_card, scores=scores)
        self._only = known

    def _made(self, point):
        found = super()._made(point)
        if found.card.hash in self._only:
            return found
        return Candidate(found.point, found.network, found.card, 2.0, "it isn't scored")


def _places() -> dict[tuple[int, str], tuple[str, object]]:
    """The decision and its option for each (edge, digit) of the table's cells."""
    base = {each.key: each.options[0] for each in SPACE.decisions}
    found = {}
    for each in SPACE.decisions:
        cells = [_digits(SPACE.resolve({**base, each.key: option})) for option in each.options]
        (edge,) = (i for i in range(len(cells[0])) if len({cell[i] for cell in cells}) > 1)
        for option, cell in zip(each.options, cells, strict=True):
            found[edge, cell[edge]] = each.key, option
    return found


def scores_of(variant: str) -> Scores | None:
    return known_scores(variant.split(",")) if variant else None


def ranking(candidates: list[Candidate], seeds: int, accuracies) -> None:
    """Print how well each variant's surrogate ranks what it hasn't seen."""
    noisy, true = (
        np.array([accuracies[_digits(each.network)][column] for each in candidates])
        for column in (0, 1)
    )
    print(f"Kendall's tau over {OTHERS} others, after {FITTED} networks", flush=True)
    for variant in VARIANTS:
        scores, features, found = scores_of(variant), Features(SPACE), []
        for seed in range(seeds):
            order = np.random.default_rng(seed).permutation(len(candidates))
            row = []
            for count in FITTED:
                chosen = np.concatenate([order[:count], order[-OTHERS:]])
                among = [candidates[i] for i in chosen]
                kinds = features.of(among) if scores is None else features.scored(among, scores)
                values = ranked(noisy[chosen[:count]])
                surrogate = Surrogate.fit([kind[:count] for kind in kinds], values)
                mean = surrogate.mean([kind[count:] for kind in kinds])
                row.append(kendalltau(mean, true[chosen[count:]])[0])
            found.append(row)
        _show(variant, np.array(found), 3)


def searches(known: set[str], seeds: int, accuracies) -> None:
    """Print what searches with each variant find."""
    print(f"true accuracy of the incumbent after {SHOWN} queries, percent", flush=True)
    for variant in VARIANTS:
        start, found = time.process_time(), []
        for seed in range(seeds):
            sampler = make("predictor", Scored(scores_of(variant), known), seed)

            def evaluate(candidate: Candidate, number: int) -> tuple[float]:
                return (accuracies[_digits(candidate.network)][0],)

            best, row = (-1.0, 0.0), []
            finished = islice(queries(sampler, evaluate), max(SHOWN))
            for done, (_, asked, number) in enumerate(finished, 1):
                best = max(best, accuracies[_digits(asked[number].network)])
                if done in SHOWN:
                    row.append(best[1])
            found.append(row)
        each = (time.process_time() - start) / seeds / max(SHOWN) * 1e3
        _show(variant, np.array(found), 2, f"({each:.1f} ms CPU a query)")


def _show(variant: str, found: np.ndarray, digits: int, note: str = "") -> None:
    error = found.std(0, ddof=1) / np.sqrt(len(found))
    cells = "  ".join(
        f"{m:.{digits}f} +- {e:.{digits}f}" for m, e in zip(found.mean(0), error, strict=True)
    )
    print(f"{variant or 'no scores':16}  {cells}   {note}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    args = parser.parse_args()
    accuracies, among = table("cifar10"), Candidates(SPACE, describe=_card)
    with SCORES.open() as file:
        rows = list(csv.DictReader(file))
    places = _places()
    candidates = [
        among.at(dict(places[edge, digit] for edge, digit in enumerate(row["ops"]))) for row in rows
    ]
    best = max(accuracies[row["ops"]][1] for row in rows)
    print(f"cifar10, {args.seeds} seeds, {len(rows)} networks, of which the best has {best:.2f} %")
    ranking(candidates, args.seeds, accuracies)
    searches({row["hash"] for row in rows}, args.seeds, accuracies)


if __name__ == "__main__":
    main()
