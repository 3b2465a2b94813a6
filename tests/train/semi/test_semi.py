"""Semi-supervised training: its parts against their definitions, and that it pays on digits."""

import statistics

import pytest
import torch
from torch.nn.functional import cross_entropy

import nas
from nas.data import Split, load
from nas.errors import DataError, UsageError
from nas.train.augment import Augmentation
from nas.train.recipe import Recipe
from nas.train.score import Score
from nas.train.semi import (
    MetaPseudoLabels,
    NoisyStudent,
    few_labels,
    meta_pseudo_labels,
    noisy_student,
    supervised,
)
from nas.train.semi._few import Descent, endless
from nas.train.semi.meta_pseudo_labels import _Pair

RECIPE = Recipe.load("few-labels")
NETWORK = (
    "image(1, 16, 16) >> conv(16, 3) >> conv(32, 3, stride=2) >> conv(32, 3) "
    ">> conv(64, 3, stride=2) >> classifier(10)"
)
PLAIN = "image(1, 16, 16) >> (default(norm='none') >> conv(8, 3, stride=4)) >> classifier(10)"


@pytest.fixture(scope="module")
def data():
    return load("digits").resized(16, 16)


def network(number: int, text: str = NETWORK) -> torch.nn.Module:
    return nas.compile(nas.parse(text), seed=number)


def test_few_labels_are_balanced_drawn_by_seed_and_hide_the_rest(data):
    train = data.train()
    labelled, rest = few_labels(train, 10, seed=3)
    assert labelled.labels.bincount().tolist() == [10] * 10
    assert len(labelled) + len(rest) == len(train)
    assert set(rest.labels.tolist()) == {-1}
    again, other = few_labels(train, 10, seed=3)[0], few_labels(train, 10, seed=4)[0]
    assert torch.equal(labelled.images, again.images)
    assert not torch.equal(labelled.images, other.images)


def test_more_labels_than_a_class_has_are_refused_in_one_sentence(data):
    with pytest.raises(DataError, match=r"class \d has \d+ images, fewer than the 500"):
        few_labels(data.train(), 500)


def test_two_views_show_the_same_images_at_the_same_time(data):
    split = Split(data.train().images, torch.arange(len(data.train())))
    device = torch.device("cpu")
    weak = endless(data, split, 64, 5, device)
    strong = endless(data, split, 64, 5, device, Augmentation(cutout=8))
    for _ in range(30):  # beyond one round
        (a, first), (b, second) = next(weak), next(strong)
        assert torch.equal(first, second)
        assert not torch.equal(a, b)


def test_feedback_is_the_rate_times_the_product_of_the_gradients(data):
    """Equation 10 of the paper, of which the fall of the labelled loss is the first order."""
    recipe = Recipe.parse(
        'epochs = 1\nbatch = 16\n[optimizer]\nname = "sgd"\nlr = 1e-4\nmomentum = 0.0\n'
        '[schedule]\nname = "constant"\n',
        "tiny steps",
    )
    student = network(0, PLAIN).double()
    images, labels = next(endless(data, data.train(), 16, 0, torch.device("cpu")))
    others, pseudo = next(endless(data, data.train(), 32, 1, torch.device("cpu")))
    images, others = images.double(), others.double()
    on_known = torch.autograd.grad(
        cross_entropy(student(images), labels), list(student.parameters())
    )
    on_pseudo = torch.autograd.grad(
        cross_entropy(student(others), pseudo), list(student.parameters())
    )
    expected = 1e-4 * sum((a * b).sum().item() for a, b in zip(on_known, on_pseudo, strict=True))
    settings = MetaPseudoLabels(steps=10)
    pair = _Pair(
        network(1, PLAIN).double(),
        student,
        Descent(student, recipe, 10),
        Descent(student, recipe, 10),
        settings,
        0.0,
    )
    pair._taught(others, pseudo, images, labels)
    assert pair.feedback[0] == pytest.approx(expected, rel=1e-2)
    assert expected != 0


def test_labels_of_the_unlabelled_images_are_never_read(data):
    labelled, rest = few_labels(data.train(), 10)
    wrong = Split(rest.images, torch.full_like(rest.labels, 7))
    states = []
    for hidden in (rest, wrong):
        teacher, student = network(1), network(0)
        settings = MetaPseudoLabels(steps=3, finetune=2)
        meta_pseudo_labels(teacher, student, data, labelled, hidden, RECIPE, settings)
        last = noisy_student(
            [network(0), network(1)], data, labelled, hidden, RECIPE, NoisyStudent(steps=3)
        )
        states.append([*student.state_dict().values(), *last.state_dict().values()])
    assert all(torch.equal(a, b) for a, b in zip(*states, strict=True))


def test_mixed_images_and_lone_networks_are_refused_in_one_sentence(data):
    labelled, rest = few_labels(data.train(), 10)
    with pytest.raises(UsageError, match="leave mixup and cutmix out"):
        noisy_student(
            [network(0), network(1)], data, labelled, rest, RECIPE, noise=Augmentation(mixup=0.2)
        )
    with pytest.raises(UsageError, match="a teacher and at least one student, but got 1"):
        noisy_student([network(0)], data, labelled, rest, RECIPE)
    with pytest.raises(UsageError, match="temperature must be more than 0"):
        MetaPseudoLabels(temperature=0)


@pytest.mark.slow
def test_both_beat_supervised_training_with_ten_labels_a_class_over_five_seeds(data):
    test, noise, found = data.test(), Augmentation(cutout=4), {"plain": [], "noisy": [], "meta": []}
    for seed in range(5):
        labelled, rest = few_labels(data.train(), 10, seed)
        plain = network(100 * seed)
        supervised(plain, data, labelled, RECIPE, steps=600, seed=seed, augmentation=noise)
        networks = [network(100 * seed + i) for i in range(3)]
        noisy = noisy_student(
            networks, data, labelled, rest, RECIPE, NoisyStudent(600), noise=noise, seed=seed
        )
        teacher, meta = network(100 * seed + 1), network(100 * seed)
        meta_pseudo_labels(
            teacher, meta, data, labelled, rest, RECIPE, MetaPseudoLabels(600), seed=seed
        )
        for name, model in (("plain", plain), ("noisy", noisy), ("meta", meta)):
            found[name].append(Score.of(model, data, test).top1)
    means = {name: statistics.mean(values) for name, values in found.items()}
    assert means["noisy"] > means["plain"]
    assert means["meta"] > means["plain"]
