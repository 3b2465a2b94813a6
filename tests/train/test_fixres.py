"""FixRes: the same weights at another size, then only norms and classifier trained for it."""

import pytest
import torch

import nas
from nas.data import load
from nas.errors import GenotypeError
from nas.train import Recipe, fit
from nas.train.fixres import at_resolution, fix_resolution
from nas.train.score import Score

TEXT = "image(1, 16, 16) >> conv(16, 3, stride=2) >> mbconv(16) * 2 >> conv(32) >> classifier(10)"


def trained():
    data = load("digits").resized(16, 16)
    model = nas.compile(nas.parse(TEXT), seed=0)
    fit(model, data, Recipe.load("proxy"), epochs=3)
    return model, data


def test_the_classifier_fine_tuned_for_larger_images_beats_the_network_as_it_was():
    model, data = trained()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    large = data.resized(28, 28)
    plain = at_resolution(model, 28, 28)
    tuned, history = fix_resolution(model, data, Recipe.load("proxy"), 28, 28, epochs=1)
    test = large.test()
    assert Score.of(tuned, large, test).top1 > Score.of(plain, large, test).top1
    assert len(history.epochs) == 1
    assert tuned.input_shape == (1, 28, 28)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    changed = {
        name for name, value in tuned.state_dict().items() if not torch.equal(before[name], value)
    }
    convolutions = {
        n + ".weight" for n, m in tuned.named_modules() if isinstance(m, torch.nn.Conv2d)
    }
    assert not changed & convolutions
    assert any("classifier" in name for name in changed)
    assert any("running_mean" in name for name in changed)
    assert all(each.requires_grad for each in tuned.parameters())


def test_the_same_size_gives_the_same_answers():
    model, _ = trained()
    images = torch.randn(3, 1, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(at_resolution(model, 16, 16)(images), model(images))


def test_a_table_of_positions_fits_one_size_only():
    model = nas.compile(
        nas.parse("image(3, 32, 32) >> conv(8, 4, stride=4) >> flatten >> linear(4)")
    )
    with pytest.raises(GenotypeError, match=r"for images of 64 x 64 .* takes one size only"):
        at_resolution(model, 64, 64)
