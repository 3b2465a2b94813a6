"""First weights drawn in bulk follow their distributions: moments, bounds, every share."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
import torch

from nas.ops.draw import CHUNK, cut_normal, normal, uniform

SIZES = (100, 20_000, 3 * CHUNK + 7)  # one by one, a part of a chunk, several and a rest
CUT = 2 * NormalDist().cdf(2) - 1


def drawn(draw, count, seed=0, scale=0.5):
    weight = torch.empty(count)
    draw(weight, scale, torch.Generator().manual_seed(seed))
    return weight


def apart(weight, share):
    """Kolmogorov's and Smirnov's statistic: how far shares drawn and expected are ever apart."""
    found = weight.double().sort().values
    expected = torch.tensor([share(value) for value in found.tolist()], dtype=torch.float64)
    steps = torch.arange(len(found) + 1, dtype=torch.float64) / len(found)
    return float(torch.maximum((expected - steps[:-1]).abs(), (expected - steps[1:]).abs()).max())


def cut(value):
    return (NormalDist().cdf(value / 0.5) - (1 - CUT) / 2) / CUT


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize(
    ("draw", "share"),
    [
        (normal, lambda value: NormalDist(0, 0.5).cdf(value)),
        (cut_normal, cut),
        (uniform, lambda value: min(1, max(0, value + 0.5))),
    ],
)
def test_the_distribution_is_what_it_says(draw, share, count):
    for seed in range(3):
        # one in a million draws is further off
        assert apart(drawn(draw, count, seed), share) < math.sqrt(math.log(2e6) / 2 / count)


def test_moments_and_bounds():
    many = 1 << 20
    weight = drawn(normal, many).double()
    assert float(weight.mean()) == pytest.approx(0, abs=5 * 0.5 / math.sqrt(many))
    assert float(weight.square().mean()) == pytest.approx(0.25, rel=5 * math.sqrt(2 / many))
    assert float((weight**4).mean() / 0.0625) == pytest.approx(3, rel=0.02)
    assert 4 < float(weight.abs().max()) / 0.5 < 6
    assert float(drawn(cut_normal, many).abs().max()) <= 1
    assert 0.499 < float(drawn(uniform, many).abs().max()) <= 0.5


@pytest.mark.parametrize("draw", [normal, cut_normal, uniform])
def test_numbers_are_independent_of_their_neighbours(draw):
    many = 1 << 20
    weight = drawn(draw, many).double() / 0.5
    for gap in (1, 2, 3, 4, 8, CHUNK):
        product = weight[gap:] * weight[:-gap]
        assert float(product.mean()) == pytest.approx(0, abs=5 / math.sqrt(many))


@pytest.mark.parametrize("draw", [normal, cut_normal, uniform])
def test_the_seed_decides(draw):
    assert drawn(draw, 70_000, 1).equal(drawn(draw, 70_000, 1))
    assert not drawn(draw, 70_000, 1).equal(drawn(draw, 70_000, 2))


def test_other_layouts_and_types_are_drawn_too():
    weight = torch.empty(64, 64, 3, 3).to(memory_format=torch.channels_last)
    normal(weight, 0.5, None)
    assert float(weight.std()) == pytest.approx(0.5, rel=0.02)
    weight = torch.empty(40_000, dtype=torch.float64)
    normal(weight, 0.5, None)
    assert float(weight.std()) == pytest.approx(0.5, rel=0.02)
