"""Evaluation without training: a proxy's score of the network as it is drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nas.costs import cost
from nas.data import load
from nas.errors import DivergenceError, UsageError
from nas.evaluate.cheap import Given
from nas.evaluate.train import matched
from nas.evaluate.zero_cost import USUAL, proxy
from nas.evaluate.zero_cost._probe import Probe
from nas.genotype import parse
from nas.train.feed import Feed
from nas.train.loop import default_device
from nas.train.threads import threads, worthwhile
from nas.trial import Job, Kind, Outcome

FIGURES = ("score",)
IMAGES = 64  # of one batch, as in arXiv:2101.08134


@dataclass(frozen=True, slots=True)
class ZeroCostEvaluator:
    """Scores each candidate by a zero-cost proxy, on one batch of the training split.

    The weights are drawn by the seed, alike for all candidates, so that the same network scores
    the same.
    """

    data: str = "digits"
    proxy: str = USUAL
    seed: int = 0
    device: str | None = None
    images: int = IMAGES

    def evaluate(self, job: Job, folder: Path) -> Outcome:
        """Score the job's genotype; nothing is written.

        Figures: `score`. Raises as `score`.
        """
        return Outcome(job.number, Kind.COMPLETE, {FIGURES[0]: self.score(job.genotype)})

    def score(self, genotype: str) -> float:
        """The score of the network that a text describes.

        Raises `DivergenceError` where it is not finite: nothing flows through the network, or all
        images look alike to it.
        """
        network = parse(genotype)
        macs = cost(network).macs
        shape = matched(load(self.data), network).shape
        device = torch.device(self.device) if self.device is not None else default_device()
        images, labels = _batch(self.data, shape, self.images, self.seed, device)
        with threads(worthwhile(macs, len(images))):
            score = proxy(self.proxy)(Probe(network, images, labels, self.seed))
        if not math.isfinite(score):
            raise DivergenceError(
                f"{self.proxy} is {score}: the network passes nothing on, or all images look alike"
            )
        return score


def evaluator(given: Given) -> ZeroCostEvaluator:
    """The evaluator by `--proxy`. Raises `UsageError` for an unknown one, `DataError` where the
    data set's files are missing."""
    name = USUAL if given.proxy is None else given.proxy
    try:
        proxy(name)
    except UsageError as error:
        raise UsageError(f"--proxy: {error}") from None
    load(given.data).require()
    return ZeroCostEvaluator(given.data, name, given.seed, given.device)


@lru_cache(maxsize=3)
def _batch(
    data: str, shape: tuple[int, int, int], images: int, seed: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Images of the training split (N, C, H, W), normalised and not augmented, and labels (N,)."""
    held = load(data).resized(*shape[1:])
    split = held.train()
    chosen = split.chosen(_balanced(split.labels.cpu().numpy(), images, seed))
    pictures, labels = next(Feed.of(held, chosen, device).ordered(images))
    return pictures.contiguous(), labels


def _balanced(labels: NDArray[np.int64], count: int, seed: int) -> NDArray[np.intp]:
    """The places of `count` labels drawn at random, as many of each class as can be."""
    order = np.random.RandomState(seed).permutation(len(labels))
    drawn = labels[order]
    turn = np.zeros(len(labels), np.int64)  # its place among those of its class
    for label in np.unique(labels):
        members = np.flatnonzero(drawn == label)
        turn[members] = np.arange(len(members))
    return np.sort(order[np.argsort(turn, kind="stable")[:count]])
