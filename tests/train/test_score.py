from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss, recall_score, top_k_accuracy_score
from torch import nn

from nas.data import load
from nas.train import Score


@pytest.fixture(scope="module")
def model():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(1024, 10))


def test_the_figures_are_scikit_learns(model):
    data = load("digits")
    split = data.validation()
    score = Score.of(model, data, split, batch=100)
    assert model.training
    images = (split.images.float() / 255 - data.mean[0]) / data.std[0]
    with torch.no_grad():
        shares = model.eval()(images).double().softmax(1).numpy()
    truth = split.labels.numpy()
    assert score.top1 == pytest.approx(top_k_accuracy_score(truth, shares, k=1))
    assert score.top5 == pytest.approx(top_k_accuracy_score(truth, shares, k=5))
    assert score.loss == pytest.approx(log_loss(truth, shares), rel=1e-5)
    recalls = recall_score(truth, np.argmax(shares, 1), average=None)
    assert score.per_class == pytest.approx(recalls.tolist())
    assert score.images == 360


def test_with_fewer_than_five_classes_top5_is_all(model):
    data = load("digits")
    split = data.validation()
    few = type(split)(split.images[split.labels < 3], split.labels[split.labels < 3])
    three = nn.Sequential(nn.Flatten(), nn.Linear(1024, 3))
    score = Score.of(three, replace(data, classes=("0", "1", "2")), few)
    assert score.top5 == 1
    assert len(score.per_class) == 3
