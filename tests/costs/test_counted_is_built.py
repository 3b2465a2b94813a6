"""What is counted is what is built: parameters exactly, MACs as torch's FlopCounterMode counts."""

import re

import pytest
import torch
from genotypes import networks
from hypothesis import example, given
from torch.utils.flop_counter import FlopCounterMode

import nas
from nas.errors import GenotypeError


def built(genotype):
    """Parameters and MACs of the compiled network in eval mode, counted by torch."""
    network = nas.compile(genotype, device="meta").eval()
    x = torch.zeros(1, *network.input_shape, device="meta")
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        y = network(x)
    return (
        sum(p.numel() for p in network.parameters()),
        counter.get_total_flops() / 2,
        tuple(y.shape[1:]),
    )


@given(networks())
@example("image(3, 8, 8) >> conv(4, 3) * 3 >> zero >> conv(5)")
@example("image(3, 8, 8) >> (zero >> conv(5) | conv(4)) >> classifier(2)")
@example('image(3, 8, 8) >> (conv(8, 3) @ "n0" >> tap("n0", "n0")) >> classifier(2)')
def test_random_networks(text):
    genotype = nas.parse(text)
    try:
        cost = nas.cost(genotype)
    except GenotypeError as refusal:
        with pytest.raises(GenotypeError, match=re.escape(str(refusal))):
            nas.compile(genotype, device="meta")
        return
    params, macs, shape = built(genotype)
    assert cost.training_params == params
    assert cost.macs == macs
    assert cost.graph.spec.shape == shape
    if "aux(" not in text:  # what only an auxiliary head reads counts in training alone
        assert cost.params == params
    assert sum(line.params for line in cost.stages) == cost.training_params
    assert sum(line.params for line in cost.nodes) == cost.training_params


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("image(3, 4, 4) >> conv(8, 5, padding=0)", "5x5 kernel on a 4x4 map"),
        ("image(3, 8, 8) >> conv(8, groups=2)", "groups must divide"),
        ("image(3, 8, 8) >> classifier(10) >> conv(3)", "needs a map"),
        ("image(3, 8, 8) >> conv(4) + conv(5)", "terms of a sum must have one shape"),
        ("image(3, 8, 8) >> (conv(4) | maxpool(2, 2))", "concatenated branches must have one size"),
        ("image(3, 8, 8) >> maxpool(2, 2, padding=2)", "padding must be at most half"),
        ("image(3, 8, 8) >> linear(4)", "needs a vector"),
        ("conv(3)", "a network begins with its input"),
        ("image(3, 8, 8) >> conv(choice(3, 4))", "choices are left"),
        ('image(3, 8, 8) >> tap("stem")', "finds no output of that name"),
        ('image(3, 8, 8) >> act @ "a" >> act @ "a"', "given twice"),
    ],
)
def test_counting_refuses_what_building_refuses(text, rule):
    for use in (nas.cost, nas.compile):
        with pytest.raises(GenotypeError) as refused:
            use(nas.parse(text))
        assert rule in str(refused.value)


def test_an_error_says_where_in_the_network():
    text = 'image(3, 8, 8) >> (conv(8, 3, stride=2) >> maxpool(3, 3, padding=0)) * 2 @ "body"'
    with pytest.raises(GenotypeError, match=r"^body\.1\.maxpool\.pool: 3x3 kernel on a 1x1 map"):
        nas.cost(nas.parse(text))
