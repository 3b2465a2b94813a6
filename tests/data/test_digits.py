import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from nas.data import Part, load
from nas.errors import DataError


@pytest.fixture(scope="module")
def original():
    return load_digits()


def pooled(data):
    parts = [data.train(), data.validation(), data.test()]
    return torch.cat([each.images for each in parts]), torch.cat([each.labels for each in parts])


def rows(images, labels):
    flat = images.reshape(len(images), -1)
    return sorted(map(tuple, np.column_stack([flat, labels]).tolist()))


def test_the_splits_together_are_scikit_learns_digits(original):
    images, labels = pooled(load("digits").resized(8, 8))
    expected = np.rint(original.images * 255 / 16)
    assert rows(images.numpy(), labels.numpy()) == rows(expected, original.target)


def test_stored_counts_are_scikit_learns_in_its_order(original):
    from importlib.resources import files

    with (files("nas.data") / "files" / "digits.npz").open("rb") as file, np.load(file) as stored:
        np.testing.assert_array_equal(stored["images"], original.images)
        np.testing.assert_array_equal(stored["labels"], original.target)


def test_splits_are_disjoint_and_hold_every_class_in_proportion():
    data = load("digits")
    sizes = {}
    for part, split in zip(Part, (data.train(), data.validation(), data.test()), strict=True):
        share = split.labels.bincount(minlength=10) / len(split)
        whole = torch.bincount(torch.from_numpy(load_digits().target)) / 1797
        assert (share - whole).abs().max() < 0.005
        sizes[part] = len(split)
    assert sizes == {"train": 1078, "validation": 360, "test": 359}


def test_normalisation_is_that_of_the_training_split():
    data = load("digits")
    pixels = data.train().images.double() / 255
    assert pixels.mean().item() == pytest.approx(data.mean[0], abs=1e-4)
    assert pixels.std().item() == pytest.approx(data.std[0], abs=1e-4)


def test_images_fit_the_description():
    data = load("digits")
    split = data.test()
    assert split.images.shape[1:] == data.shape
    assert set(split.labels.tolist()) == set(range(len(data.classes)))
    assert data.resized(16, 20).train().images.shape == (1078, 1, 16, 20)


def test_an_argument_is_refused():
    with pytest.raises(DataError, match="digits takes no argument, but got 'big'; write just"):
        load("digits:big")
