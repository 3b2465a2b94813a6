"""What `import nas` offers: parse, genotype, cost, compile, load. torch is imported by the
first `compile` or `load`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nas import costs
from nas.genotype import Genotype, parse
from nas.zoo import genotype

if TYPE_CHECKING:
    import torch

    from nas.compiler.network import Network


def cost(what: str | Path | Genotype, image: tuple[int, int, int] | None = None) -> costs.Cost:
    """What a network costs for one image: parameters, MACs, activations, memory, receptive field.

    `what` is a genotype, a reference's name, a `.nas` file or text; a part without `image(...)`
    is counted on the
    (channels, height, width) given as `image`. Raises GenotypeError.
    """
    return costs.cost(genotype(what), image)


def compile(
    what: str | Path | Genotype,
    *,
    seed: int | None = None,
    device: str | torch.device | None = None,
    zero_gamma: bool = False,
) -> Network:
    """A torch module that computes the genotype: `what` as in `cost`, the rest as
    `nas.compiler.network.compile`."""
    from nas.compiler.network import compile as build

    return build(genotype(what), seed=seed, device=device, zero_gamma=zero_gamma)


def load(folder: str | Path) -> Network:
    """The network that `nas compile --out` or a search's `best/` left in a folder, with its
    weights, in eval mode.

    Nothing in the folder is executed. Raises RunError, GenotypeError or WeightsError.
    """
    from nas.report.artefact import read

    return read(Path(folder))


__all__ = ["compile", "cost", "genotype", "load", "parse"]
