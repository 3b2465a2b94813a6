"""Deconvolution against a deconvolutional network spelled out with transposed layers."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import nas
from nas.data import load
from nas.errors import UsageError
from nas.evaluate.deconv import maps, respond
from nas.train import Recipe, fit

TEXT = (
    "image(1, 16, 16) >> (default(norm='none') >> conv(6, 3)) >> maxpool(2, stride=2, padding=0) "
    ">> (default(norm='none') >> conv(8, 3)) >> classifier(10)"
)


@pytest.fixture(scope="module")
def data():
    return load("digits").resized(16, 16)


def test_causes_are_those_of_transposed_layers_switches_and_rectifiers(data):
    """Zeiler and Fergus, section 2.1: unpool by switches, rectify, filter transposed."""
    model = nas.compile(nas.parse(TEXT), seed=0)
    split = data.validation()
    convolutions = [(n, m) for n, m in model.named_modules() if isinstance(m, torch.nn.Conv2d)]
    (_, first), (name, second) = convolutions
    layer = name.rpartition(".")[0]  # the block: filter and rectifier
    found = respond(model, data, split, layer, channel=3, best=4)
    x = (split.images[list(found.places)].float() / 255 - data.mean[0]) / data.std[0]
    with torch.no_grad():
        a = F.relu(first(x))
        pooled, switches = F.max_pool2d(a, 2, 2, return_indices=True)
        b = F.relu(second(pooled))[:, 3]
        top = torch.zeros(4, 8, 8, 8)
        peak = b.flatten(1).argmax(1)
        rows = torch.arange(4)
        top[rows, 3, peak // 8, peak % 8] = 1.0  # backpropagation starts from one
        down = F.conv_transpose2d(F.relu(top), second.weight, padding=1)
        up = F.max_unpool2d(down, switches, 2, 2)
        expected = F.conv_transpose2d(F.relu(up), first.weight, padding=1)
    torch.testing.assert_close(found.strength, b.flatten(1).amax(1))
    torch.testing.assert_close(found.causes, expected, atol=1e-6, rtol=1e-5)
    assert torch.equal(found.images, split.images[list(found.places)])
    assert list(found.labels) == split.labels[list(found.places)].tolist()


def test_the_images_chosen_are_the_strongest_of_the_split(data):
    model = nas.compile(nas.parse(TEXT), seed=1)
    split = data.validation()
    layer = next(n for n, m in model.named_modules() if isinstance(m, torch.nn.Conv2d))
    found = respond(model, data, split, layer, channel=0)
    x = (split.images.float() / 255 - data.mean[0]) / data.std[0]
    with torch.no_grad():
        peaks = model.get_submodule(layer)(x)[:, 0].amax((1, 2))
    assert found.strength.tolist() == pytest.approx(sorted(peaks.tolist(), reverse=True)[:9])
    assert found.strength.tolist() == sorted(found.strength.tolist(), reverse=True)


def test_a_digit_owes_its_class_to_its_ink(data):
    """What the trained network's units answer to lies where the stroke is, not in the margin."""
    text = (
        "image(1, 16, 16) >> conv(16, 3) >> conv(24, 3, stride=2) >> mbconv(24) >> classifier(10)"
    )
    model = nas.compile(nas.parse(text), seed=0)
    fit(model, data, Recipe.load("proxy"), epochs=3)
    found = respond(model, data, data.validation(), "conv2", channel=5)
    ink = F.max_pool2d(found.images.float(), 5, 1, 2) > 0  # within two pixels of it
    strength = found.causes.abs()
    share = (strength * ink).sum() / strength.sum()
    assert share > ink.float().mean()


def test_layers_that_give_maps_are_listed_in_order_with_their_shapes():
    text = "image(1, 16, 16) >> conv(6, 3) >> maxpool(2, stride=2, padding=0) >> classifier(10)"
    assert list(maps(nas.compile(nas.parse(text))).items()) == [
        ("conv.conv", (6, 16, 16)),
        ("conv.norm", (6, 16, 16)),
        ("conv", (6, 16, 16)),
        ("maxpool", (6, 8, 8)),
    ]


def test_channels_that_lie_last_in_memory_are_channels():
    """Swin's blocks pass (B, H, W, C) on; the figures are those of a hook."""
    text = "image(1, 16, 16) >> patch_embed(12, 4) >> transformer(3, window=4) >> classifier(10)"
    model = nas.compile(nas.parse(text), seed=0)
    digits = load("digits").resized(16, 16)
    assert maps(model)["transformer"] == (12, 4, 4)
    seen = []
    model.get_submodule("transformer").register_forward_hook(lambda _, __, y: seen.append(y))
    found = respond(model, digits, digits.validation(), "transformer", channel=11, best=3)
    tensors = [each for each in seen if len(each) == 3]
    assert tensors[-1].shape == (3, 4, 4, 12)
    torch.testing.assert_close(found.strength, tensors[-1][..., 11].flatten(1).amax(1).detach())


def test_wrong_names_are_refused_in_one_sentence(data):
    model = nas.compile(nas.parse(TEXT), seed=0)
    split = data.validation()
    with pytest.raises(UsageError, match=r"layer 'covn' is no part of the network"):
        respond(model, data, split, "covn", 0)
    with pytest.raises(UsageError, match=r"gives no map of channels"):
        respond(model, data, split, "classifier", 0)
    layer = next(n for n, m in model.named_modules() if isinstance(m, torch.nn.Conv2d))
    with pytest.raises(UsageError, match=r"channel 6: layer '.*' has channels 0 to 5"):
        respond(model, data, split, layer, 6)
