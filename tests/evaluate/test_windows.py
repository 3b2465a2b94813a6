"""Dense evaluation of a split, against the network on crops that are cut by hand."""

import pytest
import torch

import nas
from nas.data import Part, load
from nas.errors import GenotypeError, UsageError
from nas.evaluate.windows import Windows

TEXT = 'image(1, 16, 16) >> conv(6, 3, padding="valid") >> maxpool(2, stride=2, padding=0)'


@pytest.fixture(scope="module")
def network():
    return nas.compile(nas.parse(f"{TEXT} >> classifier(10)"), seed=0)


def by_hand(model, size, step):
    """The largest share of each class over all crops whose corners lie `step` apart."""
    data = load("digits").resized(size, size)
    split = data.validation()
    images = (split.images.float() / 255 - data.mean[0]) / data.std[0]
    places = range(0, size - 15, step)
    with torch.no_grad():
        crops = [images[:, :, i : i + 16, j : j + 16] for i in places for j in places]
        best = torch.stack([model(each).softmax(1) for each in crops]).amax(0)
    return best / best.sum(1, keepdim=True)


def test_shares_are_the_largest_of_all_crops_averaged_over_scales(network):
    data = load("digits").resized(16, 16)
    network.train()
    found = Windows(scales=(1.0, 1.2)).answers(network, data, Part.VALIDATION)
    assert network.training
    network.eval()
    expected = (by_hand(network, 16, 1) + by_hand(network, 19, 1)) / 2
    torch.testing.assert_close(found.shares, expected, atol=1e-5, rtol=1e-4)
    assert torch.equal(found.labels, data.validation().labels)
    coarse = Windows(scales=(1.2,), shifts=False).answers(network, data, Part.VALIDATION)
    torch.testing.assert_close(coarse.shares, by_hand(network, 19, 2), atol=1e-5, rtol=1e-4)


def test_what_cannot_slide_is_refused():
    with pytest.raises(UsageError, match=r"from 1, where one window fits, to 10, but got \(0.9,\)"):
        Windows((0.9,))
    token = nas.compile(nas.genotype("deit_tiny_patch16_224"), device="meta")
    with pytest.raises(GenotypeError, match="reads a token"):
        Windows((1.0,)).check(token)
