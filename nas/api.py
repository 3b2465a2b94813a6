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
    """What a network costs for one image: parameters, MACs (multiply-accumulates), numbers in its
    activations, bytes of memory, receptive field in pixels.

    `what` is a genotype, a reference's name, the path of a `.nas` file or of a network's or a run's
    folder, or text; a part without `image(...)` is counted on the (channels, height, width) given
    as `image`. Raises GenotypeError where it is none of these, has choices left or can't be built.
    """
    return costs.cost(genotype(what), image)


def compile(
    what: str | Path | Genotype,
    *,
    seed: int | None = None,
    device: str | torch.device | None = None,
    zero_gamma: bool = False,
) -> Network:
    """A torch module that computes the genotype, in training mode: images (N, channels, height,
    width) to logits (N, classes); with auxiliary heads, in training, to `Output(logits, aux)`.

    `what` is as in `cost`. `seed` draws the first weights, the same on every run; without it they
    come from torch's own generator. `device` is torch's default unless given; "meta" allocates
    nothing. `zero_gamma` lets residual branches begin at zero (arXiv:1706.02677). Raises
    GenotypeError for choices left open, shapes that don't fit, or more weights than free memory.
    """
    from nas.compiler.network import compile as build

    return build(genotype(what), seed=seed, device=device, zero_gamma=zero_gamma)


def load(folder: str | Path) -> Network:
    """The network that `nas compile --out` left in a folder, or the best of a run's folder, with
    its weights, in eval mode.

    Nothing in the folder is executed. Raises RunError where it holds no genotype, or none that can
    be read, GenotypeError for one that can't be built, WeightsError for weights that are missing,
    damaged or another network's.
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

    `example` is a batch of images (N, channels, height, width), by default one of the size that a
    compiled genotype reads; `threads` are the CPU's (None: torch's); `compiler` also tries
    torch.compile, which takes a minute; about so many `seconds` go into measuring.
    `print(nas.inference.table(fast))` shows what was tried. Raises LatencyError without an example
    for a module not made by nas.
    """
    from nas.inference import optimize as fastest

    return fastest(network, example, threads=threads, compiler=compiler, seconds=seconds)


__all__ = ["compile", "cost", "genotype", "load", "load_weights", "optimize", "parse"]
