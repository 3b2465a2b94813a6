"""The paper's Figures 3 and 4: a small base scaled in one direction, or in all, trained alike.

    python studies/efficientnet_scaling/trained.py [--seeds 3] [--workers 2] [--out FOLDER]

Every network is trained in the same way (`recipe.toml`), read at its own resolution, and tested on
images that nothing else reads. Where FOLDER/coefficients/result.json holds what `nas scale-search`
found, its winner is one more compound law, "searched".

A finished training is a row of FOLDER/trained.csv; the same command goes on after the last one.
Networks of up to four times the base's MACs come first, Figure 3's before Figure 4's, seed by seed.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from variants import Variant, base, variants

from nas.evaluate import TrainEvaluator
from nas.study.wiring import Placement, device, executor
from nas.trial import Job, Kind

HERE = Path(__file__).parent
RECIPE = HERE / "recipe.toml"
LATE = 4.5  # times the base's MACs: what is larger is trained last


@dataclass(frozen=True, slots=True)
class Row:
    """One training: what of, how, and how many images came out right (shares)."""

    data: str
    epochs: int
    line: str
    times: float  # the MACs of the line's first network, as asked for
    seed: int
    width: float
    depth: float
    resolution: float
    pixels: int
    params: int
    macs: int
    validation: float
    test: float
    seconds: float  # of processor time; by the clock where workers trained
    hash: str

    @property
    def key(self) -> tuple[str, int, str, str, int]:
        return self.data, self.epochs, self.line, self.hash, self.seed


def held(path: Path) -> list[Row]:
    """The rows of all trainings that are done."""
    if not path.exists():
        return []
    kinds = {"str": str, "int": int, "float": float}
    with path.open() as file:
        return [
            Row(**{each.name: kinds[each.type](row[each.name]) for each in fields(Row)})
            for row in csv.DictReader(file)
        ]


def keep(path: Path, row: Row) -> None:
    """Write a row behind the others."""
    new = not path.exists()
    with path.open("a") as file:
        writer = csv.writer(file, lineterminator="\n")
        names = [each.name for each in fields(Row)]
        if new:
            writer.writerow(names)
        writer.writerow([getattr(row, name) for name in names])


def train(
    jobs: Sequence[tuple[Variant, int]], data: str, epochs: int, workers: int | None
) -> Iterator[Row]:
    """A row for each variant and seed, as they are finished; what fails is said and left out."""
    evaluator = TrainEvaluator(data, str(RECIPE), epochs, device(None), 1 if workers else None)
    waiting = list(enumerate(jobs))[::-1]
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        place = executor(evaluator, scratch, Placement(workers=workers))
        clock = time.monotonic if workers else time.process_time
        try:
            while True:
                began = clock()
                while waiting and place.free:
                    number, (variant, seed) = waiting.pop()
                    place.submit(Job(number, str(variant.network), seed))
                outcomes = place.wait()
                if not outcomes:
                    return
                for outcome in outcomes:
                    variant, seed = jobs[outcome.number]
                    if outcome.kind != Kind.COMPLETE:
                        named = f"{variant.line} x {variant.times:g}, seed {seed}"
                        print(f"{named}: {outcome.kind}: {outcome.reason}", file=sys.stderr)
                        continue
                    weights = scratch / str(outcome.number) / "weights.safetensors"
                    tested = evaluator.test(str(variant.network), weights)
                    shutil.rmtree(weights.parent)
                    spent = outcome.seconds if workers else clock() - began
                    scores = outcome.figures["accuracy"], tested["accuracy"]
                    yield described(variant, seed, data, epochs, scores, spent)
        finally:
            place.close()


def described(
    variant: Variant, seed: int, data: str, epochs: int, scores: tuple[float, float], spent: float
) -> Row:
    by = variant.factors
    return Row(
        *(data, epochs, variant.line, variant.times, seed),
        *(round(factor, 4) for factor in (by.width, by.depth, by.resolution)),
        *(variant.pixels, variant.params, variant.macs),
        *(round(score, 4) for score in scores),
        *(round(spent, 1), variant.hash),
    )


def winner(folder: Path) -> tuple[float, float, float] | None:
    """The searched coefficients of depth, width and resolution; None where there are none, or one
    direction alone won, which has its line already."""
    path = folder / "result.json"
    best = json.loads(path.read_text())["winner"] if path.exists() else None
    if best is None:
        return None
    found = best["alpha"], best["beta"], best["gamma"]
    return found if sum(each > 1 for each in found) > 1 else None


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", default="fashion-mnist", help="(default: fashion-mnist)")
    parser.add_argument("--epochs", type=int, default=1, help="of each training (default: 1)")
    parser.add_argument("--times", default="1,2,4,8", help="the base's MACs (default: 1,2,4,8)")
    parser.add_argument("--seeds", type=int, default=3, help="of each network (default: 3)")
    parser.add_argument("--workers", type=int, help="processes (default: none but this one)")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="the folder of the rows")
    args = parser.parse_args()
    times = [float(each) for each in args.times.split(",")]
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "trained.csv"
    done = {row.key for row in held(path)}
    found = list(variants(base(args.data), times, winner(args.out / "coefficients")))
    order = sorted(
        ((variant, seed) for seed in range(args.seeds) for variant in found),
        key=lambda each: (each[0].macs > LATE * found[0].macs, each[0].figure, each[1]),
    )
    jobs = [
        (variant, seed)
        for variant, seed in order
        if (args.data, args.epochs, variant.line, variant.hash, seed) not in done
    ]
    count = 0
    for row in train(jobs, args.data, args.epochs, args.workers):
        keep(path, row)
        count += 1
        print(
            f"{count} of {len(jobs)}: {row.line} x {row.times:g}, {row.macs / 1e6:.2f}M MACs, "
            f"{row.pixels} pixels, seed {row.seed}: {row.test:.2%} right, {row.seconds:.0f} s",
            flush=True,
        )
    return int(count < len(jobs))


if __name__ == "__main__":
    raise SystemExit(main())
