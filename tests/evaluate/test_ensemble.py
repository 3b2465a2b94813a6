"""Ensembles: laws of fusing, and that three small networks do better together on digits."""

import pytest
import torch

import nas
from nas.data import Part, load
from nas.errors import UsageError
from nas.evaluate.ensemble import Fusion, error_correlation
from nas.train import Recipe, fit
from nas.train.score import Score
from nas.train.views import Views


def test_members_that_agree_are_answered_for():
    one = torch.rand(20, 4, generator=torch.Generator().manual_seed(0)).softmax(1)
    shares, labels = torch.stack([one, one, one]), torch.arange(20) % 4
    for fusion in (Fusion.mean(3, 4), Fusion.per_class(shares, labels)):
        torch.testing.assert_close(fusion.fused(shares), one)
        torch.testing.assert_close(fusion.weights.sum(0), torch.ones(4))


def test_a_member_that_is_blind_to_a_class_hardly_counts_there():
    labels = torch.arange(200) % 2
    sure = torch.nn.functional.one_hot(labels, 2).float() * 0.8 + 0.1
    blind = torch.tensor([0.9, 0.1]).expand(200, 2)  # says the first class, whatever it sees
    weights = Fusion.per_class(torch.stack([sure, blind]), labels).weights
    assert weights[0, 0] > 0.95
    assert weights[0, 1] > weights[1, 1]


def test_errors_that_are_equal_apart_or_independent_correlate_as_they_should():
    labels = torch.zeros(8, dtype=torch.long)
    right, wrong = torch.tensor([0.9, 0.1]), torch.tensor([0.1, 0.9])

    def member(errors: str) -> torch.Tensor:
        return torch.stack([wrong if each == "x" else right for each in errors])

    shares = torch.stack(
        [member(each) for each in ("xxxx....", "xxxx....", "....xxxx", "xx..xx..")]
    )
    found = error_correlation(shares, labels)
    expected = torch.tensor(
        [[1.0, 1, -1, 0], [1, 1, -1, 0], [-1, -1, 1, 0], [0, 0, 0, 1]], dtype=torch.float64
    )
    torch.testing.assert_close(found, expected)
    perfect = torch.stack([member("........"), member("x.......")])
    assert error_correlation(perfect, labels)[0, 1] == 0


def test_three_networks_are_better_together_than_alone_on_digits():
    data = load("digits").resized(16, 16)
    trunks = (
        "conv(12, 3, stride=2) >> conv(24, 3, stride=2)",
        "conv(12, 5, stride=2) >> dwsep(24, stride=2)",
        "conv(8, 3) >> maxpool(2, stride=2) >> basic(16, stride=2)",
    )
    networks = []
    for seed, trunk in enumerate(trunks):
        model = nas.compile(nas.parse(f"image(1, 16, 16) >> {trunk} >> classifier(10)"), seed=seed)
        fit(model, data, Recipe.load("proxy"), epochs=2, seed=seed)
        networks.append(model)
    held, test = data.validation(), data.test()

    def shares_of(part: Part) -> torch.Tensor:
        return torch.stack([Views().answers(each, data, part).shares for each in networks])

    fusion = Fusion.per_class(shares_of(Part.VALIDATION), held.labels)
    shares = shares_of(Part.TEST)
    alone = [Score.of(model, data, test).top1 for model in networks]
    single = [(each.argmax(1) == test.labels).double().mean().item() for each in shares]
    assert single == pytest.approx(alone)
    mean = sum(alone) / len(alone)
    for way in (fusion, Fusion.mean(3, 10)):
        assert (way.fused(shares).argmax(1) == test.labels).double().mean() > mean
    assert (error_correlation(shares, test.labels) < 1 - torch.eye(3) * 0.5 + 1e-9).any()


def test_what_does_not_fit_is_refused_in_one_sentence():
    with pytest.raises(
        UsageError, match="weighs 2 networks of 3 classes, but got the answers of 1"
    ):
        Fusion.mean(2, 3).fused(torch.rand(1, 5, 3))
    with pytest.raises(UsageError, match="at least one network"):
        Fusion.mean(0, 3)
