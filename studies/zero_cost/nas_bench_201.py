"""How far zero-cost proxies rank NAS-Bench-201: Spearman and Kendall correlation with accuracy.

    NAS_BENCH_DATA=../shared/data python studies/zero_cost/nas_bench_201.py

Cells are drawn at random from the table; each is compiled from its genotype (16 channels, five
cells a stage) and scored at initialisation on one batch of CIFAR-10 images; reported is the
correlation of the score with the mean test accuracy after 200 epochs on CIFAR-100.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import os
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.stats import kendalltau, spearmanr

from nas.evaluate.zero_cost import names, proxy
from nas.evaluate.zero_cost._probe import Probe
from nas.zoo.nas_bench_201 import EDGES, OPERATIONS, nas_bench_201

DATA = Path(os.environ.get("NAS_BENCH_DATA", "../shared/data"))
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


def images(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The first `count` training images (class balanced), normalised, and their labels."""
    with np.load(DATA / "cifar10_jpeg_train50000.npz", allow_pickle=False) as held:
        blob, offset, label = held["blob"], held["offset"], held["label"]
        stack = [
            np.asarray(Image.open(io.BytesIO(blob[offset[i] : offset[i + 1]].tobytes())))
            for i in range(count)
        ]
    x = torch.from_numpy(np.stack(stack)).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in (MEAN, STD))
    return (x - mean) / std, torch.from_numpy(label[:count].astype(np.int64))


def cell(digits: str) -> str:
    """A row's six digits in the paper's notation."""
    names = [list(OPERATIONS)[int(each)] for each in digits]
    edges = dict(zip(EDGES, names, strict=True))
    return "+".join(
        "|" + "|".join(f"{edges[source, node]}~{source}" for source in range(node)) + "|"
        for node in (1, 2, 3)
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=500)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--proxies", default=",".join(names()))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with gzip.open(DATA / "nas_bench_201.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    chosen = np.random.default_rng(args.seed).choice(len(rows), args.cells, replace=False)
    accuracy = np.array([float(rows[i]["c100_test_200ep"]) for i in chosen])
    x, y = images(args.images)
    networks = [nas_bench_201(cell(rows[i]["ops"])) for i in chosen]
    print(
        f"{args.cells} random cells, batch of {args.images} CIFAR-10 images, seed {args.seed}, "
        f"torch {torch.__version__}; rank correlation with CIFAR-100 accuracy"
    )
    print(f"{'proxy':10}  Spearman  Kendall  ms CPU a cell")
    for name in args.proxies.split(","):
        score, start = proxy(name), time.process_time()
        scores = [score(Probe(network, x, y, args.seed)) for network in networks]
        each = (time.process_time() - start) / args.cells * 1e3
        rho, tau = spearmanr(scores, accuracy)[0], kendalltau(scores, accuracy)[0]
        print(f"{name:10}  {rho:8.3f}  {tau:7.3f}  {each:13.0f}", flush=True)


if __name__ == "__main__":
    main()
