"""FixRes: a network trained on small images, used on larger ones.

Objects look larger in a random crop than in a whole test image of the same size; testing at a
higher resolution undoes that, once the last layers have seen the other statistics.
Source: arXiv:1906.06423, section 4.
"""

from __future__ import annotations

from torch import nn

from nas.compiler.network import Network, compile
from nas.data import DataSet
from nas.errors import GenotypeError
from nas.genotype import Genotype, parse
from nas.genotype.binding import image
from nas.genotype.expression import Chain, Image
from nas.train.history import History
from nas.train.loop import fit
from nas.train.recipe import Recipe

NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)


def at_resolution(model: Network, height: int, width: int) -> Network:
    """The same network and weights for images of `height` x `width` pixels; a copy.

    Raises `GenotypeError` where a part fits one size only (tables of positions, flattened maps).
    """
    genotype = parse(model.genotype)
    made = compile(_resized(genotype, height, width), device=next(model.parameters()).device)
    state = model.state_dict()
    for name, value in made.state_dict().items():
        if state[name].shape != value.shape:
            raise GenotypeError(
                f"{name} has shape {tuple(state[name].shape)}, but for images of {height} x "
                f"{width} it would have {tuple(value.shape)}; the network takes one size only"
            )
    made.load_state_dict(state)
    return made.eval()


def fix_resolution(
    model: Network,
    data: DataSet,
    recipe: Recipe,
    height: int,
    width: int,
    *,
    epochs: int | None = None,
    seed: int = 0,
) -> tuple[Network, History]:
    """`model` for `height` x `width` pixels, its norms and its classifier trained for that size.

    All else keeps the weights it had, and `model` itself is as before; the history is of the
    training. Raises as `at_resolution` and `nas.train.fit`.
    """
    made = at_resolution(model, height, width)
    last = [each for each in made.modules() if isinstance(each, nn.Linear)][-1:]
    made.requires_grad_(False)
    for layer in (*last, *(each for each in made.modules() if isinstance(each, NORMS))):
        layer.requires_grad_(True)
    device = next(made.parameters()).device
    try:
        history = fit(
            made, data.resized(height, width), recipe, epochs=epochs, seed=seed, device=device
        )
    finally:
        made.requires_grad_(True)
    return made, history


def _resized(genotype: Genotype, height: int, width: int) -> Genotype:
    items = genotype.items if isinstance(genotype, Chain) else (genotype,)
    first = items[0]
    assert isinstance(first, Image)
    return Chain((image(first.channels, height, width), *items[1:]))
