"""Auxiliary classifiers do what GoogLeNet's section 5 (arXiv:1409.4842) says of them: more gradient
reaches the first layers, and a network too deep to train without them trains."""

import statistics

import pytest
import torch

import nas
from nas.data import load
from nas.train import Recipe, fit
from nas.train.loss import Loss
from nas.train.score import Score

RECIPE = Recipe.parse(
    """
    epochs = 8
    batch = 32
    augment = false
    [optimizer]
    name = "sgd"
    lr = 0.02
    momentum = 0.9
    [schedule]
    name = "constant"
    """,
    "plain",
)
HEAD = ">> aux(classifier(10, pool='flatten'), 0.3)"


@pytest.fixture(scope="module")
def data():
    return load("digits").resized(8, 8)


def deep(act, layers, heads, seed):
    """Three stages of convolutions without norms, with auxiliary heads between them or not."""
    stage, head = f">> conv(8, 3) * {layers}", HEAD if heads else ""
    text = f"image(1, 8, 8) >> default(norm='none', act='{act}') {stage} {head} {stage} {head} "
    return nas.compile(nas.parse(f"{text} {stage} >> classifier(10, pool='flatten')"), seed=seed)


@pytest.mark.parametrize(("act", "layers"), [("sigmoid", 2), ("relu", 7)])
def test_more_gradient_reaches_the_first_layer(act, layers, data):
    split = data.train()
    images = (split.images[:128].float() / 255 - data.mean[0]) / data.std[0]
    for seed in range(3):
        lengths = []
        for heads in (False, True):
            model = deep(act, layers, heads, seed).train()
            Loss(0, model.aux_weights).of(model(images), split.labels[:128]).backward()
            lengths.append(float(next(model.parameters()).grad.norm()))
        assert lengths[1] > (10 if act == "sigmoid" else 1.5) * lengths[0]


def test_a_network_too_deep_to_train_without_them_trains(data):
    scores = {}
    for heads in (False, True):
        scores[heads] = []
        for seed in range(2):
            model = deep("relu", 7, heads, seed)
            fit(model, data, RECIPE, seed=0)
            scores[heads].append(Score.of(model, data, data.validation()).top1)
    assert min(scores[True]) > 0.6
    assert statistics.mean(scores[True]) > statistics.mean(scores[False]) + 0.1


def test_in_use_the_heads_are_gone(data):
    model = deep("relu", 2, True, 0).eval()
    assert model(torch.zeros(1, 1, 8, 8)).shape == (1, 10)
