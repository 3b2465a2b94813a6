"""The neighbourhood of a network as a search space: any genotype is a seed."""

from __future__ import annotations

from nas.costs import cost
from nas.errors import GenotypeError, SpaceError
from nas.genotype.expression import Genotype
from nas.space.around.probing import probed
from nas.space.around.proposal import proposal

__all__ = ["around"]


def around(seed: Genotype) -> Genotype:
    """`seed` with choices where its neighbours differ; the first option of each is the seed's own.

    Varied are, one step to either side: kernels, widths, expansions and other ratios,
    squeeze-and-excitation, groups, heads, activations (each one that the network uses is one
    decision), and depth; a block of the main chain may become a sibling with the same output, one
    that stands alone may be doubled or left out. The image, the strides and the head stay.
    Every option by itself gives a network that can be built. Raises SpaceError where the seed
    has choices already, can't be built, or has nothing to vary.
    """
    if seed.open:
        raise SpaceError(
            "a neighbourhood is of one network, but this has choices left, so it is a space "
            "already; search it with --space"
        )
    try:
        cost(seed)
    except GenotypeError as error:
        raise SpaceError(f"the network to search around can't be built: {error}") from error
    proposed = proposal(seed)
    space = probed(proposed) if proposed.space.open else seed
    if not space.open:
        raise SpaceError(
            "nothing about the network can be varied: it has no kernels, widths, repeats or "
            "activations beside its head; search a space of choices with --space"
        )
    return space
