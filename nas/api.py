"""What `import nas` offers: parse, genotype, cost, compile, load, load_weights, optimize. torch is
imported by the first that needs it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nas import costs
from nas.genotype import Genotype, parse
from nas.zoo import genotype

if TYPE_CHECKING:
    import torch
    from torch import nn

    from nas.compiler.network import Network
    from nas.compiler.weights import Matched
    from nas.inference import Optimized


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
    from nas.artefacts.whole import read

    return read(Path(folder))


def load_weights(
    model: Network,
    source: Mapping[str, torch.Tensor] | nn.Module | str | Path,
    *,
    strict: bool = True,
    like: nn.Module | None = None,
) -> Matched:
    """Another library's weights in a compiled genotype; the report says what became of what.

    `source`: a state dict, a module, a file (`.safetensors`, `.pth`), `timm:NAME` or
    `torchvision:NAME`; the rest as `nas.compiler.weights.load_weights`. Raises WeightsError where
    anything doesn't fit or could be swapped; the network is then as it was.
    """
    from nas.compiler.weights import load_weights as aligned

    return aligned(model, source, strict=strict, like=like)


def optimize(
    network: nn.Module,
    example: torch.Tensor | None = None,
    *,
    threads: int | None = None,
    compiler: bool = False,
    seconds: float = 10.0,
) -> Optimized:
    """The network in the way that runs fastest on this device, with outputs within 1e-5 of the
    largest one: batch norm folded, channels last, fused kernels, of which is kept what measures
    faster.

    `example` is a batch of images, by default one of the size that a compiled genotype reads;
    `compiler` also tries torch.compile, which takes a minute; `seconds` go into measuring.
    `print(nas.inference.table(fast))` shows what was tried. Raises LatencyError without an example
    for a module not made by nas.
    """
    from nas.inference import optimize as fastest

    return fastest(network, example, threads=threads, compiler=compiler, seconds=seconds)


__all__ = ["compile", "cost", "genotype", "load", "load_weights", "optimize", "parse"]
