"""Prints a line for the smallest reference of each family: how far the outputs of its exported
program (.pt2) and of its ONNX file, run by onnxruntime, are from the network's, as a share of the
largest; for one image and for three.

`python studies/standalone/exports.py [FAMILY ...] [--into FILE]`
"""

import warnings

warnings.simplefilter("ignore")

from networks import lively, settled, smallest  # noqa: E402
from rows import FAULT, fill  # noqa: E402

import nas  # noqa: E402
from nas.artefacts.formats import exports  # noqa: E402

HEADS = ("family", "network", "parameters", "model.pt2", "model.onnx")


def cells(family: str) -> tuple[str, ...]:
    """A row of the table."""
    name = smallest()[family]
    network = nas.compile(name, seed=0)
    lively(network)
    settled(network)
    made = exports(network, network.input_shape, ("pt2", "onnx"))
    off = [
        f"{made.off[file]:.1e}" if file in made.off else f"{FAULT}: {made.failed[file]}"
        for file in HEADS[-2:]
    ]
    return name, f"{sum(each.numel() for each in network.parameters()):,}", *off


if __name__ == "__main__":
    fill(__doc__, HEADS, list(smallest()), cells)
