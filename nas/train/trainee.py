"""The network that a recipe trains: compiled from a genotype, with what the recipe asks of it."""

from __future__ import annotations

from nas.compiler.network import Network, compile
from nas.genotype import Genotype
from nas.genotype.expression import Chain, Default
from nas.train.recipe import Recipe


def trainee(genotype: Genotype, recipe: Recipe, seed: int) -> Network:
    """A module of `genotype`, its weights drawn from `seed`.

    `drop_path` of the recipe holds wherever the genotype has no `default(drop_path=...)` of its
    own. The state dict is that of the genotype compiled by itself.
    """
    if recipe.drop_path:
        genotype = dropping(genotype, recipe.drop_path)
    return compile(genotype, seed=seed, zero_gamma=recipe.zero_gamma)


def dropping(genotype: Genotype, rate: float) -> Genotype:
    """The network with residual branches dropped, none at first to `rate` at last.

    Source: stochastic depth, arXiv:1603.09382, section 3 (the linear decay rule).
    """
    assert isinstance(genotype, Chain)
    image, *rest = genotype.items
    return Chain((image, Default((("drop_path", rate),)), *rest))
