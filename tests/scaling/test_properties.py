"""Laws of scaling on random genotypes: networks of every space, and neighbours of references."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache

import numpy as np
import pytest
import torch

import nas
from nas.costs import figures
from nas.errors import GenotypeError
from nas.genotype import Genotype
from nas.scaling import scale
from nas.scaling.resolution import sides_of, smallest
from nas.space import Space, around, known, load

SEEDS = (
    "lenet5", "alexnet", "nin_cifar10", "vgg11", "resnet18", "resnext50_32x4d", "seresnet50",
    "densenet121", "squeezenet1_0", "mobilenet_v2", "mobilenet_v3_small", "shufflenet_v2_x1_0",
    "shufflenet_g3_w1", "ghostnet_100", "efficientnet_b0", "dm_nfnet_f0", "convnext_tiny",
    "vit_tiny_patch16_224", "swin_t",
)  # fmt: skip
SLOW_SEEDS = (
    "googlenet", "inception_v3", "xception", "regnet_y_400mf", "nasnetamobile", "coatnet_0_rw_224",
)  # fmt: skip
EVERY = 4  # networks, of which one is built
DIVISORS = (1, 4, 8, 16)
STEPS = 3  # factors in each direction


@cache
def space(name: str) -> Space:
    return Space(load(name)) if name in known() else Space(around(nas.genotype(name)))


def genotypes(
    names: Sequence[str], count: int, seed: int
) -> Iterator[tuple[Genotype, np.random.Generator]]:
    """Networks drawn from each space, or from around each reference, in turn."""
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        yield feasible(space(names[number % len(names)]), rng), rng


def feasible(among: Space, rng: np.random.Generator) -> Genotype:
    """A network that can be built; neighbours of a reference may not be."""
    while True:
        network = among.resolve(among.sample(rng))
        with suppress(GenotypeError):
            figures(network)
            return network


def factors(rng: np.random.Generator, low: float, high: float) -> list[float]:
    """Some from `low` to `high`, evenly in their logarithm, and 1; rising."""
    drawn = np.exp(rng.uniform(np.log(low), np.log(high), STEPS)).tolist()
    return sorted([*drawn, 1.0])


def check(network: Genotype, rng: np.random.Generator, *, build: bool) -> None:
    """Identity, round trip, costs that never fall, and an answer of the same shape."""
    sides, divisor = sides_of(network), int(rng.choice(DIVISORS))
    assert scale(network, 1, 1, 1, divisor=divisor) is network
    if sides[0] == sides[1] > 8:
        assert scale(network, 1, 1, sides[0]) == network
    answer = nas.cost(network).graph.spec
    least = min(1.0, smallest(network))
    for name, low, high in (("width", 0.3, 3), ("depth", 0.3, 3), ("resolution", least, 2)):
        before = None
        for factor in factors(rng, low, high):
            scaled = scale(network, **{name: factor}, divisor=divisor)
            assert nas.parse(str(scaled)) == scaled
            now = figures(scaled)
            assert factor != 1 or now == figures(network)
            if before is not None:
                assert now.macs >= before.macs, (name, factor)
                assert name == "resolution" or now.params >= before.params, (name, factor)
            before = now
    width, depth = np.exp(rng.uniform(-1, 1, 2)).tolist()
    resolution = float(rng.uniform(max(least, 0.7), 1.5))
    scaled = scale(network, width, depth, resolution, divisor=divisor)
    assert nas.parse(str(scaled)) == scaled
    assert nas.cost(scaled).graph.spec == answer
    if build:
        built(scaled, answer.shape)


def built(network: Genotype, shape: tuple[int, ...]) -> None:
    """The module has the parameters that were counted and answers in that shape."""
    module = nas.compile(network, device="meta").eval()
    counted = nas.cost(network)
    held = sum(each.numel() for each in module.parameters())
    assert held == counted.training_params
    with torch.inference_mode():
        images = torch.empty((2, *counted.graph.input.shape), device="meta")
        assert module(images).shape == (2, *shape)


def keeps_the_laws(names: Sequence[str], count: int, seed: int) -> None:
    for number, (network, rng) in enumerate(genotypes(names, count, seed)):
        try:
            check(network, rng, build=number % EVERY == 0)
        except Exception as error:
            error.add_note(f"number {number} of seed {seed}: {network}")
            raise


def test_a_hundred_random_networks() -> None:
    keeps_the_laws((*known(), *SEEDS), 100, seed=0)


@pytest.mark.slow
def test_a_thousand_random_networks() -> None:
    keeps_the_laws((*known(), *SEEDS, *SLOW_SEEDS), 1_000, seed=1)
