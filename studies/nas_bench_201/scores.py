"""Zero-cost scores of every network of NAS-Bench-201, for `quality.py --scores`.

    NAS_BENCH_DATA=../shared/data python studies/nas_bench_201/scores.py

Each of the 5,260 networks that differ is scored as `nas search --features` scores candidates, but
on CIFAR-10: untrained, weights by seed 0, on one batch of 32 images of the folder in
NAS_BENCH_DATA. Rows are added to results/scores.csv as they come, so that an interrupted study goes
on where it was.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "zero_cost"))

from nas_bench_201 import images  # noqa: E402
from quality import table  # noqa: E402

from nas.evaluate.zero_cost import proxy  # noqa: E402
from nas.evaluate.zero_cost._probe import Probe  # noqa: E402
from nas.genotype import canonical_hash  # noqa: E402
from nas.zoo.nas_bench_201 import from_digits, nas_bench_201  # noqa: E402

PROXIES = ("naswot", "synflow")
IMAGES = 32
SCORES = HERE / "results" / "scores.csv"


def main() -> None:
    torch.set_num_threads(1)
    SCORES.parent.mkdir(exist_ok=True)
    done = set()
    if SCORES.exists():
        with SCORES.open() as file:
            done = {row["hash"] for row in csv.DictReader(file)}
    else:
        SCORES.write_text(",".join(("ops", "hash", *PROXIES)) + "\n")
    x, y = images(IMAGES)
    for digits in table("cifar10"):
        network = nas_bench_201(from_digits(digits))
        name = canonical_hash(network)
        if name in done:
            continue
        done.add(name)
        values = [proxy(each)(Probe(network, x, y, 0)) for each in PROXIES]
        with SCORES.open("a") as file:
            file.write(",".join((digits, name, *(f"{value:.7g}" for value in values))) + "\n")


if __name__ == "__main__":
    main()
