"""`nas cost`: what a network costs, counted without building it; `--check` builds it."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from nas.errors import UsageError
from nas.quantity import parse_image

if TYPE_CHECKING:
    from nas.compiler.witnesses import Check
    from nas.genotype import Genotype

NAME = "cost"
HELP = "count what a network costs without building it"
DESCRIPTION = """\
Count parameters, multiply-accumulates (of convolutions, linear layers and matrix products; biases
and elementwise work not counted), activations (elements put out by those layers), memory in
float32 (an estimate: weights and maps, without the kernels' workspace), receptive field and
canonical hash, for one image.

--check also builds the network and has torch's FlopCounterMode and thop count it; the exit code is
1 where what was counted isn't what was built.
"""
BATCH = 32  # images of a training step


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("genotype", help="a reference's name, a .nas file or text")
    parser.add_argument(
        "--image", metavar="C,H,W", help="the input of a part that has no image(...)"
    )
    parser.add_argument(
        "--batch", type=int, help=f"images, for the memory (default: 1 in use, {BATCH} in training)"
    )
    parser.add_argument("--check", action="store_true", help="compare with the built network")
    parser.add_argument("--json", action="store_true", help="exact figures")


def run(args: argparse.Namespace) -> int:
    """Print the figures; 1 where `--check` finds a difference."""
    if args.batch is not None and args.batch < 1:
        raise UsageError(f"--batch {args.batch}: must be at least 1")
    import nas
    from nas.costs import with_image

    genotype = nas.genotype(args.genotype)
    image = parse_image(args.image)
    if image is not None:
        genotype = with_image(genotype, image)
    used, trained = args.batch or 1, args.batch or BATCH
    check = None
    if args.check:
        from nas.compiler.witnesses import check as compare

        check = compare(genotype)
    if args.json:
        print(json.dumps(_described(genotype, used, trained, check), indent=2))
    else:
        _print(genotype, used, trained, check)
    return 0 if check is None or check.agrees else 1


def _described(genotype: Genotype, used: int, trained: int, check: Check | None) -> dict[str, Any]:
    from nas.costs import card

    figures: dict[str, Any] = {"genotype": str(genotype), **card(genotype, used, trained)}
    if check is not None:
        figures["check"] = {
            "agrees": check.agrees,
            "witnesses": [
                {
                    "name": one.name,
                    "params": one.params,
                    "macs": one.macs,
                    "decides": one.decides,
                    "says": one.says,
                }
                for one in check.witnesses
            ],
        }
    return figures


def _print(genotype: Genotype, used: int, trained: int, check: Check | None) -> None:
    from nas.costs import card, card_lines
    from nas.report.table import Column, console, show

    out = console()
    lines = card_lines(card(genotype, used, trained))
    width = max(len(value) for _, value, _ in lines)
    for name, value, note in lines:
        out.print(f"{name:<18}  {value:>{width}}  {note}", soft_wrap=True)
    if check is None:
        return
    show(
        (
            Column("counted by"),
            Column("params", number=True),
            Column("MACs", number=True),
            Column("", wraps=True),
        ),
        [
            (one.name, f"{one.params:,}" if one.params else "-", f"{one.macs:,}", one.says)
            for one in check.witnesses
        ],
    )
    out.print("counted = built" if check.agrees else "counted is NOT what was built")
