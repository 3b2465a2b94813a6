"""The evaluator by a proxy: its batch, its repeatability, and what passes nothing on."""

from pathlib import Path

import numpy as np
import pytest
import torch

import nas
from nas.data import load
from nas.errors import DivergenceError, UsageError
from nas.evaluate.cheap import Given, make
from nas.evaluate.cheap.zero_cost import ZeroCostEvaluator, _balanced, _batch
from nas.evaluate.zero_cost._probe import Probe
from nas.evaluate.zero_cost.synflow import score
from nas.trial import Job

TEXT = "image(1, 16, 16) >> conv(4, 3, stride=2) >> conv(8, 3, stride=2) >> classifier(10)"


def test_it_is_the_proxy_on_one_batch(tmp_path: Path) -> None:
    given = Given("digits", "", "cpu", 3, "proxy", tmp_path, proxy="synflow")
    figures = make("zero-cost", given).evaluate(Job(0, TEXT, 99), tmp_path).figures
    probe = Probe(nas.parse(TEXT), torch.zeros(1, 1, 16, 16), torch.zeros(1).long(), seed=3)
    assert figures == {"score": score(probe)}  # synflow looks at no images
    assert not any(tmp_path.iterdir())


def test_the_same_network_scores_the_same_whatever_the_trial(tmp_path: Path) -> None:
    evaluator = ZeroCostEvaluator(device="cpu")
    first, second = (evaluator.evaluate(Job(n, TEXT, n), tmp_path) for n in (1, 2))
    assert first.figures == second.figures
    other = ZeroCostEvaluator(device="cpu", seed=1).evaluate(Job(1, TEXT, 1), tmp_path)
    assert other.figures != first.figures


def test_the_batch_is_of_the_training_split_and_balanced() -> None:
    images, labels = _batch("digits", (1, 16, 16), 40, 0, torch.device("cpu"))
    assert images.shape == (40, 1, 16, 16)
    assert labels.bincount().tolist() == [4] * 10
    split = load("digits").resized(16, 16).train()
    known = {image.numpy().tobytes() for image in split.images}
    mean, std = load("digits").mean[0], load("digits").std[0]
    raw = ((images * std + mean) * 255).round().byte()
    assert all(image.numpy().tobytes() in known for image in raw)


@pytest.mark.parametrize("count", [1, 5, 11, 1000])
def test_any_number_of_labels_is_as_balanced_as_can_be(count: int) -> None:
    labels = np.repeat(np.arange(7), [1, 2, 3, 40, 50, 60, 70])
    places = _balanced(labels, count, 0)
    assert len(set(places)) == len(places) == min(count, len(labels))
    drawn = np.bincount(labels[places], minlength=7)
    short = drawn < drawn.max() - 1
    assert (drawn[short] == np.bincount(labels)[short]).all()


def test_a_network_that_passes_nothing_on_has_no_score(tmp_path: Path) -> None:
    text = "image(1, 16, 16) >> conv(4, 3) >> zero >> classifier(10)"
    with pytest.raises(DivergenceError, match="synflow is -inf: the network passes nothing on"):
        ZeroCostEvaluator(proxy="synflow", device="cpu").evaluate(Job(0, text, 0), tmp_path)


def test_an_unknown_proxy_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--proxy: zero-cost proxy 'synflo' is none of"):
        make("zero-cost", Given("digits", "", "cpu", 0, "proxy", tmp_path, proxy="synflo"))
