"""Transfer with frozen stages: they stay to the bit, and with few labels that pays."""

import statistics
from dataclasses import replace

import pytest
import torch

import nas
from nas.data import Split, load
from nas.errors import UsageError, WeightsError
from nas.train import Recipe, fit
from nas.train.score import Score
from nas.train.semi._few import few_labels
from nas.train.transfer import frozen, stages

TEXT = (
    "image(1, 16, 16) >> conv(16, 3) >> conv(32, 3, stride=2) * 2 @ 'middle' >> "
    "conv(64, 3, stride=2) >> classifier({classes}, dropout=0.1)"
)
RECIPE = Recipe.load("proxy")


def network(classes=5, seed=0):
    return nas.compile(nas.parse(TEXT.format(classes=classes)), seed=seed)


def five(first, labels=None, seed=0, turns=1):
    """Digits of five classes from `first` on, with as many labels a class as asked for; an image
    turned by a quarter is of a class of its own."""
    whole = load("digits").resized(16, 16)

    def read(part):
        split = whole.read(part)
        own = (split.labels >= first) & (split.labels < first + 5)
        images, classes = split.images[own], split.labels[own] - first
        turned = torch.cat([torch.rot90(images, turn, (2, 3)) for turn in range(turns)])
        found = Split(turned, torch.cat([classes + 5 * turn for turn in range(turns)]))
        return found if labels is None or part != "train" else few_labels(found, labels, seed)[0]

    names = tuple(map(str, range(5 * turns)))
    return replace(whole, name="five", classes=names, read=read, sizes=())


@pytest.fixture(scope="module")
def pretrained():
    """On digits 0 to 4 as they are and turned, so that there is more to tell apart than five."""
    model = network(20)
    fit(model, five(0, turns=4), RECIPE, seed=0)
    return model


def transferred(pretrained, seed=0):
    """A network for five other classes with the trained weights of all but the classifier."""
    model = network(seed=seed)
    kept = {k: v for k, v in pretrained.state_dict().items() if not k.startswith("classifier")}
    model.load_state_dict({**model.state_dict(), **kept})
    return model


def state(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_frozen_stages_stay_to_the_bit_and_the_rest_is_trained(pretrained):
    model = transferred(pretrained)
    before = state(model)
    assert stages(model) == ("conv", "middle", "conv2", "classifier")
    recipe = replace(RECIPE, ema=0.9, clip=1.0, zero_gamma=False)
    with frozen(model, 2) as names:
        assert names == ("conv", "middle")
        fit(model, five(5), recipe, epochs=1, seed=0)
    changed = {name for name, value in model.state_dict().items() if not value.equal(before[name])}
    assert {name.partition(".")[0] for name in changed} == {"conv2", "classifier"}
    assert {"conv2.norm.running_mean", "conv2.conv.weight", "classifier.linear.bias"} <= changed
    assert all(each.requires_grad for each in model.parameters())
    with torch.no_grad():  # and it is an ordinary network again
        model.train()(torch.randn(4, 1, 16, 16))
    assert not model.middle.state_dict()["0.norm.running_mean"].equal(
        before["middle.0.norm.running_mean"]
    )


def test_freezing_nothing_is_training_and_freezing_all_is_refused():
    one, other = network(), network()
    with frozen(one, 0):
        fit(one, five(5), RECIPE, epochs=1, seed=0)
    fit(other, five(5), RECIPE, epochs=1, seed=0)
    assert all(one.state_dict()[name].equal(value) for name, value in other.state_dict().items())
    wanted = r"has 4 stages \(conv, middle, conv2, classifier\).*freeze 0 to 3"
    with pytest.raises(UsageError, match=wanted), frozen(one, 4):
        raise AssertionError("never here")


def test_auxiliary_heads_are_no_stages():
    text = "image(1, 8, 8) >> conv(4) >> aux(classifier(3)) >> conv(4) >> classifier(3)"
    assert stages(nas.compile(nas.parse(text), seed=0)) == ("conv", "conv2", "classifier")


def test_with_few_labels_frozen_features_beat_training_from_scratch(pretrained):
    gains = []
    for seed in range(3):
        data = five(5, labels=5, seed=seed)
        scores = []
        for model, first in ((transferred(pretrained, seed), 2), (network(seed=seed), 0)):
            with frozen(model, first):
                fit(model, data, RECIPE.at_batch(10), epochs=10, seed=seed)
            scores.append(Score.of(model, data, data.test()).top1)
        gains.append(scores[0] - scores[1])
    assert statistics.mean(gains) > 0.02, gains


def test_a_frozen_training_goes_on_to_the_same_bits_and_only_as_frozen(pretrained, tmp_path):
    data, file = five(5), tmp_path / "checkpoint.safetensors"
    whole, parts = transferred(pretrained), transferred(pretrained)
    with frozen(whole, 2):
        fit(whole, data, RECIPE, epochs=2, seed=0)
    with frozen(parts, 2):
        fit(parts, data, RECIPE, epochs=2, stop=1, seed=0, checkpoint=file)
    for first, found in ((0, "None"), (1, "3")):
        with frozen(parts, first), pytest.raises(WeightsError, match=f"tensors is 9, not {found}"):
            fit(parts, data, RECIPE, epochs=2, seed=0, checkpoint=file)
    with frozen(parts, 2):
        fit(parts, data, RECIPE, epochs=2, seed=0, checkpoint=file)
    assert all(parts.state_dict()[name].equal(value) for name, value in state(whole).items())
