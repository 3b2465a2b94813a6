"""Label smoothing does what Inception-v3's section 7 (arXiv:1512.00567) says of it: the largest
logit does not run away from the others."""

import math
from dataclasses import replace

import pytest
import torch

import nas
from nas.data import load
from nas.train import Recipe, fit

SMOOTHING, CLASSES = 0.2, 10
TEXT = "image(1, 8, 8) >> conv(16, 3) >> conv(32, 3, stride=2) >> classifier(10, pool='flatten')"


@pytest.fixture(scope="module")
def answers():
    """Logits and labels of the training images by smoothing, after a training that fits them."""
    data = load("digits").resized(8, 8)
    split, found = data.train(), {}
    images = (split.images.float() / 255 - data.mean[0]) / data.std[0]
    for smoothing in (0.0, SMOOTHING):
        model = nas.compile(nas.parse(TEXT), seed=0)
        recipe = replace(Recipe.load("proxy"), label_smoothing=smoothing, calibrate=False)
        fit(model, data, recipe, epochs=12, seed=0)
        with torch.no_grad():
            found[smoothing] = model(images), split.labels
    return found


def test_both_trainings_fit_their_images(answers):
    for logits, labels in answers.values():
        assert (logits.argmax(1) == labels).double().mean() > 0.99


def test_confidence_ends_at_the_smoothed_label(answers):
    wanted = 1 - SMOOTHING + SMOOTHING / CLASSES  # where the smoothed loss is least
    confidence = {s: float(logits.softmax(1).amax(1).mean()) for s, (logits, _) in answers.items()}
    assert confidence[SMOOTHING] == pytest.approx(wanted, abs=0.03)
    assert confidence[0.0] > 0.98


def test_the_right_logit_stays_a_fixed_way_above_the_others(answers):
    gap = math.log((1 - SMOOTHING + SMOOTHING / CLASSES) / (SMOOTHING / CLASSES))
    gaps = {}
    for smoothing, (logits, labels) in answers.items():
        right = logits.gather(1, labels[:, None])
        others = (logits.sum(1, keepdim=True) - right) / (CLASSES - 1)
        gaps[smoothing] = float((right - others).median())
    assert gaps[SMOOTHING] == pytest.approx(gap, rel=0.1)
    assert gaps[0.0] > 2 * gap
