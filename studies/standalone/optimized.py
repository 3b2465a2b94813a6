"""Prints a line for the smallest reference of each family: which way `nas.optimize` found fastest,
and how far its outputs are from the network's, as a share of the largest; for one image, on which
it was chosen, and for three others; how far each of the other ways is, for one; and how far the
network itself is, by rounding, from what it computes in float64.

`python studies/standalone/optimized.py [FAMILY ...] [--into FILE]`
"""

import copy
import warnings

warnings.simplefilter("ignore")

import torch  # noqa: E402
from networks import lively, settled, smallest  # noqa: E402
from rows import FAULT, fill  # noqa: E402

import nas  # noqa: E402
from nas.inference.choice import LIKE, Tried  # noqa: E402

HEADS = ("family", "network", "its rounding", "kept", "one image", "three images", "the others")
SECONDS = 2.0  # of measuring


def cells(family: str) -> tuple[str, ...]:
    """A row of the table."""
    name = smallest()[family]
    network = nas.compile(name, seed=0)
    lively(network)
    settled(network)
    fast = nas.optimize(network, seconds=SECONDS)
    off = []
    for count in (1, 3):
        generator = torch.Generator().manual_seed(count)
        images = torch.randn(count, *network.input_shape, generator=generator)
        with torch.inference_mode():
            apart = share(fast(images), network(images))
        off.append(f"{apart:.1e}" if apart <= LIKE else f"{FAULT}: {apart:.1e}")
    with torch.inference_mode():
        rounding = share(network(images), copy.deepcopy(network).double()(images.double()))
    others = [each for each in fast.tried if not each.kept and each is not fast.tried[0]]
    told = "; ".join(f"{each.name}: {said(each)}" for each in others)
    return name, f"{rounding:.1e}", fast.kept.name, *off, told


def said(way: Tried) -> str:
    """How far its outputs are for one image, and what is wrong with it."""
    if way.why and not way.error:
        return f"{FAULT}: {way.why}"
    return f"{way.error:.1e}" + " (refused)" * (way.error > LIKE)


def share(given: torch.Tensor, wanted: torch.Tensor) -> float:
    """The largest difference, as a share of the largest."""
    return float((given - wanted).abs().max() / wanted.abs().max())


if __name__ == "__main__":
    fill(__doc__, HEADS, list(smallest()), cells)
