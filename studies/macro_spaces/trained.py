"""Samplers on a macro space of 39 decisions where every query is a real training.

    python studies/macro_spaces/trained.py --samplers predictor,random --seeds 10
    python studies/macro_spaces/trained.py --show

The space is `small.nas`; a query trains for two epochs on the digits (about 0.4 s on one core) and
shows the accuracy on 360 validation images. Reported is the accuracy of the incumbent, trained
anew with four other seeds. Queries are kept in results/queries.csv as they finish, so that an
interrupted study goes on where it was; `--show` prints the table from them.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from itertools import islice
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "nas_bench_201"))

from searching import queries  # noqa: E402

from nas.evaluate import TrainEvaluator  # noqa: E402
from nas.search.candidates import Candidate, Candidates  # noqa: E402
from nas.search.samplers import make  # noqa: E402
from nas.space import Space, load  # noqa: E402
from nas.trial import Job  # noqa: E402

QUERIES = 60
SHOWN = (20, 40, 60)
AGAIN = (1001, 1002, 1003, 1004)  # seeds of the trainings that tell the truth
RESULTS = HERE / "results"
FIELDS = ("sampler", "seed", "query", "hash", "macs", "params", "seen", "again")


def accuracy(genotype: str, seed: int) -> float:
    """On the validation images, after two epochs."""
    evaluator = TrainEvaluator("digits", "proxy", 2, "cpu", 1)
    with tempfile.TemporaryDirectory() as folder:
        return evaluator.evaluate(Job(0, genotype, seed), Path(folder)).figures["accuracy"]


def search(name: str, seed: int) -> list[dict[str, object]]:
    """One search: a row a query; incumbents, when shown, have their four other accuracies."""
    rows: list[dict[str, object]] = []
    best: tuple[float, int, Candidate] | None = None

    def evaluate(candidate: Candidate, number: int) -> tuple[float]:
        return (accuracy(candidate.card.genotype, 1000 * (seed + 1) + number),)

    sampler = make(name, Candidates(Space(load(str(HERE / "small.nas")))), seed)
    for query, (study, asked, number) in enumerate(islice(queries(sampler, evaluate), QUERIES)):
        candidate, seen = asked[number], study.get_trials(deepcopy=False)[number].value
        card = candidate.card
        held = (name, seed, query + 1, card.hash[:12], card.macs, card.params, seen, "")
        rows.append(dict(zip(FIELDS, held, strict=True)))
        if best is None or seen > best[0]:
            best = seen, query, candidate
        if query + 1 in SHOWN and not rows[best[1]]["again"]:
            again = [accuracy(best[2].card.genotype, other) for other in AGAIN]
            rows[best[1]]["again"] = " ".join(f"{each:.4f}" for each in again)
    return rows


def held() -> list[dict[str, str]]:
    """The rows of all searches that are done."""
    path = RESULTS / "queries.csv"
    if not path.exists():
        return []
    with path.open() as file:
        return list(csv.DictReader(file))


def keep(rows: list[dict[str, object]]) -> None:
    """Write a finished search behind the others."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "queries.csv"
    new = not path.exists()
    with path.open("a") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(rows)


def show(rows: list[dict[str, str]]) -> None:
    """The mean accuracy of the incumbents, trained anew."""
    print(f"accuracy of the incumbent after {SHOWN} queries, trained anew four times, percent")
    for name in dict.fromkeys(row["sampler"] for row in rows):
        found = []
        for seed in {row["seed"] for row in rows if row["sampler"] == name}:
            own = [row for row in rows if (row["sampler"], row["seed"]) == (name, seed)]
            best = [max(own[:shown], key=lambda row: float(row["seen"])) for shown in SHOWN]
            found.append([np.mean([float(each) for each in row["again"].split()]) for row in best])
        table = 100 * np.array(found)
        error = table.std(0, ddof=1) / np.sqrt(len(table))
        cells = "  ".join(f"{m:.2f} +- {e:.2f}" for m, e in zip(table.mean(0), error, strict=True))
        print(f"{name:12} {cells}   ({len(table)} seeds)")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--samplers", default="random,tpe,evolution,local,predictor")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--show", action="store_true", help="print what was found, train nothing")
    args = parser.parse_args()
    if not args.show:
        done = {(row["sampler"], row["seed"]) for row in held()}
        for seed in range(args.seeds):
            for name in args.samplers.split(","):
                if (name, str(seed)) not in done:
                    keep(search(name, seed))
    show(held())


if __name__ == "__main__":
    main()
