"""Several views of an image: against torchvision's crops, scikit-learn's counts and plain means."""

import pytest
import torch
from sklearn.metrics import confusion_matrix, log_loss, top_k_accuracy_score
from witness import torchvision

import nas
from nas.compiler.network import compile
from nas.data import Part, load
from nas.errors import GenotypeError, UsageError
from nas.train import Score
from nas.train.views import Answers, Views

TEXT = "image(1, 16, 16) >> conv(8, 3, stride=2) >> conv(16, 3, stride=2) >> classifier(10)"


@pytest.fixture(scope="module")
def network():
    return compile(nas.parse(TEXT), seed=0).eval()


@pytest.fixture(scope="module")
def data():
    return load("digits").resized(16, 16)


def seen(data, size):
    """The validation images at a size, normalised as the data set says."""
    split = data.resized(size, size).validation()
    return (split.images.float() / 255 - data.mean[0]) / data.std[0]


def test_one_view_is_the_plain_score(network, data):
    answers = Views().answers(network, data, Part.VALIDATION)
    expected = Score.of(network, data, data.validation())
    score = answers.score()
    assert (score.top1, score.top5, score.images) == (expected.top1, expected.top5, 360)
    assert score.loss == pytest.approx(expected.loss, abs=1e-5)
    assert score.per_class == pytest.approx(expected.per_class)


def test_ten_crops_are_torchvisions(network, data):
    crops = torchvision.transforms.functional.ten_crop(seen(data, 18), [16, 16])  # 16 * 256 / 224
    with torch.no_grad():
        expected = torch.stack([network(each).softmax(1) for each in crops]).mean(0)
    found = Views(crops=10).answers(network, data, Part.VALIDATION).shares
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_scales_are_averaged(network, data):
    with torch.no_grad():
        expected = sum(network(seen(data, size)).softmax(1) for size in (16, 24)) / 2
    found = Views(scales=(1.0, 1.5)).answers(network, data, Part.VALIDATION)
    torch.testing.assert_close(found.shares, expected, atol=1e-5, rtol=0)
    assert torch.equal(found.labels, data.validation().labels)


def test_scores_and_confusion_are_scikit_learns():
    torch.manual_seed(0)
    labels = torch.randint(7, (200,))
    shares = torch.randn(200, 7).double().softmax(1)
    answers = Answers(shares, labels)
    score, said = answers.score(), shares.argmax(1)
    assert torch.equal(answers.confusion(), torch.from_numpy(confusion_matrix(labels, said)))
    assert score.top5 == pytest.approx(top_k_accuracy_score(labels, shares, k=5))
    assert score.top1 == pytest.approx((said == labels).double().mean().item())
    assert score.loss == pytest.approx(log_loss(labels, shares))
    counts = answers.confusion()
    assert score.per_class == pytest.approx((counts.diag() / counts.sum(1)).tolist())


def test_views_that_cannot_be_are_refused(network):
    with pytest.raises(UsageError, match="crops must be 1 or 10, but got 5"):
        Views(crops=5)
    with pytest.raises(UsageError, match=r"scales must be numbers from 0.1 to 10, but got \(0.0,"):
        Views(scales=(0.0, 1.0))
    with pytest.raises(UsageError, match=r"ten crops don't fit .* scales must be at least 0\.875"):
        Views(10, (0.8,))
    flat = compile(nas.parse("image(1, 8, 8) >> flatten >> fc(10)"), seed=0)
    Views(crops=10, scales=(1.0, 2.0)).check(flat)
    Views(scales=(2.0,)).check(network)
    with pytest.raises(GenotypeError, match=r"fc.* the network takes one size only"):
        Views(scales=(2.0,)).check(flat)
