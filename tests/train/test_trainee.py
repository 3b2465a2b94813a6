import pytest
import torch

import nas
from nas.compiler.network import compile
from nas.ops.layers import DropPath
from nas.train import Recipe
from nas.train.optimizer import SGD
from nas.train.schedule import Constant
from nas.train.trainee import trainee

RECIPE = Recipe("test", SGD(0.1), Constant(), epochs=1, batch=8, drop_path=0.3)
TEXT = "image(3, 8, 8) >> conv(4) >> {}mbconv(4) * 3 >> classifier(5)"


def rates(network):
    return [each.rate for each in network.modules() if isinstance(each, DropPath)]


def test_drop_path_grows_with_depth_and_the_state_is_the_genotypes_own():
    genotype = nas.parse(TEXT.format(""))
    network = trainee(genotype, RECIPE, seed=1)
    assert rates(network) == pytest.approx([0.3 / 3, 0.6 / 3])  # arXiv:1603.09382: 0, 1/3, 2/3
    alone = compile(genotype, seed=1)
    alone.load_state_dict(network.state_dict())
    images = torch.randn(2, 3, 8, 8)
    assert torch.equal(network.eval()(images), alone.eval()(images))


def test_a_genotypes_own_rate_stands():
    genotype = nas.parse(TEXT.format("default(drop_path=0.6) >> "))
    assert rates(trainee(genotype, RECIPE, seed=1)) == pytest.approx([0.6 / 3, 1.2 / 3])
