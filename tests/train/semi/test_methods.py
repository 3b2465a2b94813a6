"""Training with few labels: each method is what it is called by hand, and refusals."""

from dataclasses import replace

import pytest
import torch

import nas
from nas.data import Pictures, load
from nas.errors import DataError, DivergenceError, UsageError
from nas.train import Recipe
from nas.train.augment import Augmentation
from nas.train.semi import (
    FewLabels,
    MetaPseudoLabels,
    NoisyStudent,
    few_labels,
    meta_pseudo_labels,
    noisy_student,
    supervised,
)

TEXT = "image(1, 8, 8) >> conv(8, 3, stride=2) >> classifier(10)"
STEPS = 34  # 1,078 training images in steps of at most 32


@pytest.fixture(scope="module")
def data():
    return load("digits").resized(8, 8)


@pytest.fixture(scope="module")
def recipe():
    return Recipe.load("few-labels")


def same(one, other):
    state = other.state_dict()
    return all(torch.equal(value, state[name]) for name, value in one.state_dict().items())


@pytest.mark.parametrize("method", [None, "meta-pseudo-labels", "noisy-student"])
def test_it_is_the_method_by_hand_for_as_many_steps_as_with_all_labels(method, data, recipe):
    genotype, cutout = nas.parse(TEXT), Augmentation(cutout=2)
    beats = []
    found = FewLabels(5, method).trained(
        genotype, data, recipe, epochs=1, seed=3, beat=lambda *each: beats.append(each)
    )
    known, others = few_labels(data.train(), 5, 3)
    first, second, third = (nas.compile(genotype, seed=300 + number) for number in range(3))
    if method is None:
        supervised(first, data, known, recipe, steps=STEPS, seed=3, augmentation=cutout)
        expected = first
    elif method == "meta-pseudo-labels":
        settings = MetaPseudoLabels(steps=STEPS)
        meta_pseudo_labels(
            second, first, data, known, others, recipe, settings, strong=cutout, seed=3
        )
        expected = first
    else:
        settings = NoisyStudent(steps=STEPS)
        networks = (first, second, third)
        expected = noisy_student(
            networks, data, known, others, recipe, settings, noise=cutout, seed=3
        )
    assert same(found, expected)
    done, total, loss = beats[-1]
    assert total == STEPS * (3 if method == "noisy-student" else 1)
    assert total - 10 < done <= total
    assert [each[0] for each in beats] == sorted({each[0] for each in beats})
    assert loss > 0


def test_batch_norm_is_measured_anew_where_the_recipe_says_so(data, recipe):
    genotype = nas.parse(TEXT)
    plain = FewLabels(5).trained(genotype, data, recipe, epochs=1)
    measured = FewLabels(5).trained(genotype, data, replace(recipe, calibrate=True), epochs=1)
    assert torch.equal(plain.conv.conv.weight, measured.conv.conv.weight)
    assert not torch.equal(plain.conv.norm.running_var, measured.conv.norm.running_var)


def test_what_cannot_be_is_refused_in_one_sentence(data, recipe):
    genotype = nas.parse(TEXT)
    with pytest.raises(UsageError, match="labels a class must be at least 1, but got 0"):
        FewLabels(0)
    with pytest.raises(UsageError, match="'meta-pseudo' is not known; did you mean 'meta-pseudo-l"):
        FewLabels(5, "meta-pseudo")
    with pytest.raises(UsageError, match=r"no ema, but recipe few-labels has 0\.9; make it 0"):
        FewLabels(5).trained(genotype, data, replace(recipe, ema=0.9))
    with pytest.raises(DataError, match=r"class \d has \d+ images, fewer than the 900"):
        FewLabels(900).trained(genotype, data, recipe)
    optimizer = replace(recipe.optimizer, lr=1e30)
    with pytest.raises(DivergenceError, match="no longer finite; lower the learning rate"):
        FewLabels(5).trained(genotype, data, replace(recipe, optimizer=optimizer), epochs=1)
    streamed = replace(data, read=lambda _: Streamed())
    with pytest.raises(DataError, match="digits: training with few labels needs all images in mem"):
        FewLabels(5).trained(genotype, streamed, recipe)


class Streamed(Pictures):
    """Picture files that don't fit into memory."""

    def __init__(self):
        pass

    def resized(self, height, width):
        return self
