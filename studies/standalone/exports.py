"""Prints a line for the smallest reference of each family: how far the outputs of its exported
program (.pt2) and of its ONNX file, run by onnxruntime, are from the network's, as a share of the
largest; for one image and for three.

`python studies/standalone/exports.py [FAMILY ...] [--into FILE]`
"""

import argparse
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")

import torch  # noqa: E402

import nas  # noqa: E402
from nas.artefacts.formats import exports  # noqa: E402
from nas.zoo import references  # noqa: E402

HEADS = ("family", "network", "parameters", "model.pt2", "model.onnx")


def smallest() -> dict[str, tuple[int, str]]:
    """(MACs, name) of each family's least."""
    least: dict[str, tuple[int, str]] = {}
    for name, reference in references().items():
        macs = nas.cost(reference.genotype).macs
        least[reference.family] = min(least.get(reference.family, (macs, name)), (macs, name))
    return least


def line(family: str, name: str) -> tuple[str, ...]:
    """A row of the table."""
    network = nas.compile(name, seed=0)
    made = exports(network, network.input_shape, ("pt2", "onnx"))
    cells = [
        f"{made.off[file]:.1e}" if file in made.off else f"FAILED: {made.failed[file]}"
        for file in ("model.pt2", "model.onnx")
    ]
    return family, name, f"{sum(p.numel() for p in network.parameters()):,}", *cells


def main() -> None:
    """Each row as soon as it is there, small networks first; rows that FILE has are left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", nargs="*")
    parser.add_argument("--into", type=Path, help="a Markdown table to fill up")
    options = parser.parse_args()
    torch.set_num_threads(1)
    head = [f"| {' | '.join(HEADS)} |", f"|{' --- |' * len(HEADS)}"]
    done = {}
    if options.into and options.into.exists():
        lines = options.into.read_text().splitlines()[len(head) :]
        done = {text.split(" | ")[0].removeprefix("| "): text for text in lines}
    for family, (_, name) in sorted(smallest().items(), key=lambda each: each[1]):
        if family in done or (options.families and family not in options.families):
            continue
        done[family] = f"| {' | '.join(line(family, name))} |"
        print(done[family], flush=True)
        if options.into:
            options.into.write_text("\n".join([*head, *done.values()]) + "\n")
    wrong = [text for text in done.values() if "FAILED" in text]
    print(f"{len(done)} families, {len(done) - len(wrong)} without fault")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
