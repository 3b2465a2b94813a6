"""The spaces of the package: sizes as papers state them or counted by hand; candidates compile."""

import math

import numpy as np
import pytest

import nas
from nas.space import Space, known, load

LAYER = 3 * 3  # kernels, expansions
NORMAL = math.prod((13 * (1 + block)) ** 2 for block in range(1, 6))
REDUCTION = math.prod((11 * 2 + 13 * (block - 1)) ** 2 for block in range(1, 6))
SMALL = 3 * 2 * 2 * 2 * 4 * 2 * 2  # inception: widths, large kernels, pools
MIDDLE = 3 * 2 * 2 * 2 * 3 * 2 * 2
SIZES = {
    # widths, kernels, expansions, squeezes, skips, repeats
    "mbconv": (2 * 2 * 2 * 2) * (2 * 2 * 2 * 2 * 2 * 3) * (3 * 2 * 2 * 2 * 2 * 3) ** 4 * (3 * 2**5),
    "mbconv_layerwise": (LAYER**2 + LAYER**3 + LAYER**4) ** 5,  # about 2 * 10^19, arXiv:1908.09791
    "resnet": (16 * 128 * 3 * 6) ** 4,  # about 10^18, arXiv:2003.13678
    "nas_bench_201": 15_625,  # arXiv:2001.00326
    "nasnet": NORMAL * REDUCTION,
    "inception": SMALL**2 * MIDDLE**7,
    "dense": 3 * 3 * 3 * 4 * 4 * 6 * 3 * 3,
    "plain": 3 * (3 * 3 * 2) ** 2 * (3 * 3 * 4) ** 3 * 2**4 * 2 * (3 * 2 * 2),
}


def test_every_space_has_its_size_here():
    assert set(SIZES) == set(known())


@pytest.mark.parametrize("name", sorted(known()))
def test_the_size_is_exact(name):
    assert Space(load(name)).size == SIZES[name]


@pytest.mark.parametrize("name", sorted(known()))
def test_every_space_names_its_source(name):
    assert "arXiv:" in known()[name].read_text().partition("\nimage")[0]


@pytest.mark.parametrize("name", sorted(known()))
def test_candidates_are_texts_and_modules(name):
    space, rng, built = Space(load(name)), np.random.default_rng(1), 0
    for _ in range(12):
        candidate = space.resolve(space.sample(rng))
        assert nas.parse(str(candidate)) == candidate
        cost = nas.cost(candidate)
        if built < 3:
            model = nas.compile(candidate, device="meta")
            assert sum(p.numel() for p in model.parameters()) == cost.params
            built += 1
    assert built
