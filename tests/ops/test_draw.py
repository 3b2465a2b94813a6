"""First weights drawn in bulk follow their distributions: moments, bounds, every share."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
import torch

from nas.ops.draw import CHUNK, MANY, cut_normal, normal, uniform

SIZES = (100, 20_000, 3 * CHUNK + 7)  # one by one, a part of a chunk, several and a rest
CUT = 2 * NormalDist().cdf(2) - 1


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def drawn(draw, count, seed=0, scale=0.5):
    weight = torch.empty(count)
    draw(weight, scale, seeded(seed))
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


@pytest.mark.parametrize(
    ("draw", "at"),
    [
        (normal, lambda share: NormalDist(0, 0.5).inv_cdf(share)),
        (cut_normal, lambda share: NormalDist(0, 0.5).inv_cdf((1 - CUT) / 2 + CUT * share)),
        (uniform, lambda share: share - 0.5),
    ],
)
def test_every_number_is_the_middle_of_the_part_that_its_bits_pick(draw, at):
    """So that a seed means the same numbers on every machine."""
    count = MANY + 5
    seed = int(torch.empty((), dtype=torch.int64).random_(generator=seeded(7)))
    bits = [
        word >> 16 * place & 0xFFFF
        for word in np.random.SFC64(seed).random_raw(count // 4 + 1).tolist()
        for place in range(4)
    ]
    expected = [at((each + 0.5) / (1 << 16)) for each in bits[:count]]
    assert drawn(draw, count, 7).tolist() == pytest.approx(expected, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("draw", [normal, cut_normal, uniform])
def test_the_seed_decides(draw):
    assert drawn(draw, 70_000, 1).equal(drawn(draw, 70_000, 1))
    assert not drawn(draw, 70_000, 1).equal(drawn(draw, 70_000, 2))


def test_other_layouts_and_types_are_drawn_too():
    weight = torch.empty(64, 64, 3, 3).to(memory_format=torch.channels_last)
    normal(weight, 0.5, None)
    assert float(weight.std()) == pytest.approx(0.5, rel=0.02)
    for kind in (torch.float64, torch.bfloat16):
        weight = torch.empty(40_000, dtype=kind)
        normal(weight, 0.5, None)
        assert float(weight.double().std()) == pytest.approx(0.5, rel=0.02)


def test_one_generator_gives_other_numbers_every_time():
    generator = seeded(3)
    one, other = torch.empty(2, 20_000)
    normal(one, 0.5, generator)
    normal(other, 0.5, generator)
    assert float((one * other).mean()) == pytest.approx(0, abs=5 * 0.25 / math.sqrt(20_000))
