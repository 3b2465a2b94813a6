"""Networks counted part by part: the figures of the whole, and its refusals."""

import numpy as np
import pytest
from genotypes import expressions
from hypothesis import given

import nas
from nas.costs import Figures, cost, figures
from nas.errors import GenotypeError
from nas.genotype import Genotype
from nas.space import Space, known, load
from nas.zoo import references


def whole(network: Genotype) -> Figures:
    counted = cost(network)
    return Figures(counted.params, counted.macs, counted.inference_memory())


def told(count, network):
    """What `count` says, or how it refuses."""
    try:
        return count(network)
    except GenotypeError as error:
        return str(error)


@pytest.mark.parametrize("name", known())
def test_candidates_of_every_space(name):
    space, rng = Space(load(name)), np.random.default_rng(2)
    for _ in range(25):
        network = space.resolve(space.sample(rng))
        assert told(figures, network) == told(whole, network)


@pytest.mark.parametrize("name", sorted(references())[::6])
def test_references(name):
    network = nas.genotype(name)
    assert figures(network) == whole(network)


@given(expressions(choices=False))
def test_random_networks(inside):
    try:
        network = nas.parse("image(3, 16, 16)") >> inside
    except GenotypeError:
        return
    assert told(figures, network) == told(whole, network)


CONV = 'conv(4) @ "a"'
TRICKY = {
    "a name given before": f"{CONV} >> conv(8, 3) >> tap('a') >> conv(2)",
    "one name twice": f"{CONV} >> act >> {CONV}",
    "one name twice, in branches": f"({CONV} | act) >> ({CONV} | act)",
    "one name in two ties": f"tie({CONV} >> act, 'x') @ 'p' >> tie({CONV} >> act, 'x') @ 'q'",
    "one name in copies": f"({CONV} >> act) * 3",
    "a copy reads the copy before": "conv(4) @ 'a' >> (tap('a') >> conv(4) @ 'a') * 2",
    "nothing comes through": "conv(4) >> zero >> conv(8, 3) >> norm",
    "zeros in a sum": "conv(4) + zero >> (zero + conv(4, 3) | act)",
    "the output before the previous": "conv(4) >> conv(8) >> cell(4, conv(4) + tap('prev'))",
    "nothing before a cell": "cell(4, conv(4) + tap('prev'))",
    "a side output": "conv(4) >> aux(classifier(3)) >> conv(4) >> classifier(3)",
    "settings": "default(act='silu', norm='layer') >> conv(4) >> (default(act='relu') >> sep(8))",
    "drop-path that grows": "default(drop_path=0.2) >> basic(3) >> basic(3) >> basic(3)",
    "channels last": "patch_embed(8, 4) >> transformer(2) * 2 >> tokens",
    "channels last in a sum": "patch_embed(8, 4) >> transformer(2) + identity >> tokens",
    "stride only in the first copy": "conv(4, 3, stride=2) * 3 >> maxpool(3, stride=2) * 2",
    "nothing at all": "identity",
    "too small a map": "conv(4, 3, stride=2) * 2 >> avgpool(9, padding=0) >> conv(2)",
    "attention done twice on one input": "patch_embed(8, 4) >> (transformer(2) | transformer(2))",
}


@pytest.mark.parametrize("name", TRICKY)
def test_parts_that_reach_out(name):
    network = nas.parse(f"image(3, 16, 16) >> {TRICKY[name]}")
    assert told(figures, network) == told(whole, network)


def test_what_is_no_network_is_refused_as_ever():
    for text in ("conv(4)", "image(3, 8, 8) >> conv(choice(4, 8))"):
        with pytest.raises(GenotypeError):
            figures(nas.parse(text))
