"""`nas cost`: what a network costs, counted without building it; `--check` and `--latency` build
it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nas.cli._reading import at_least
from nas.errors import UsageError
from nas.quantity import parse_image, spoken_seconds

if TYPE_CHECKING:
    from nas.compiler.witnesses import Check
    from nas.genotype import Genotype
    from nas.latency.bench import Bench
    from nas.latency.measured import Measured

NAME = "cost"
HELP = "count what a network costs without building it"
DESCRIPTION = """\
Count parameters, multiply-accumulates (of convolutions, linear layers and matrix products; biases
and elementwise work not counted), activations (elements put out by those layers), memory in
float32 (an estimate: weights and maps, without the kernels' workspace), receptive field and
canonical hash, for one image.

--check also builds the network and has torch's FlopCounterMode and thop count it; the exit code is
1 where what was counted isn't what was built.

--latency also runs the network here, float32, in eval mode, for a few seconds: the median time of
one batch with a 95 % interval (of order statistics), and the fastest run, which other programs on
the machine don't slow down.
"""
BATCH = 32  # images of a training step


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("genotype", help="a reference's name, a .nas file, a run's folder or text")
    parser.add_argument(
        "--image", metavar="C,H,W", help="the input of a part that has no image(...)"
    )
    parser.add_argument(
        "--batch",
        type=int,
        help=f"images, for the memory (default: 1 in use, {BATCH} in training) and "
        "the latency (default: 1)",
    )
    parser.add_argument("--check", action="store_true", help="compare with the built network")
    parser.add_argument("--latency", action="store_true", help="measure it here, too")
    parser.add_argument(
        "--threads", type=int, metavar="N", help="of the CPU, for --latency (default: torch's)"
    )
    parser.add_argument(
        "--gpus", type=int, help="for --latency: 0 is the CPU (default: 1 if there is one)"
    )
    parser.add_argument("--json", action="store_true", help="exact figures; latency in seconds")


def run(args: argparse.Namespace) -> int:
    """Print the figures; 1 where `--check` finds a difference."""
    at_least(args, batch=1, threads=1)
    if args.threads is not None and not args.latency:
        raise UsageError("--threads: only with --latency")
    if args.gpus is not None and not args.latency:
        raise UsageError("--gpus: only with --latency")
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
    latency = _measured(genotype, args) if args.latency else None
    if args.json:
        print(json.dumps(_described(genotype, used, trained, check, latency), indent=2))
    else:
        _print(genotype, used, trained, check, latency)
    return 0 if check is None or check.agrees else 1


def _measured(genotype: Genotype, args: argparse.Namespace) -> tuple[Bench, Measured]:
    from nas.latency import measured as how
    from nas.latency.bench import Bench
    from nas.study import wiring

    device = wiring.device(args.gpus)
    with Bench(batch=args.batch or 1, device=device, threads=args.threads) as bench:
        return bench, how.measured(bench, genotype, how.SECONDS)


def _described(
    genotype: Genotype,
    used: int,
    trained: int,
    check: Check | None,
    latency: tuple[Bench, Measured] | None,
) -> dict[str, Any]:
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
    if latency is not None:
        bench, found = latency
        figures["latency"] = {**asdict(found), **bench.described}
    return figures


def _latency_line(bench: Bench, found: Measured) -> tuple[str, str, str]:
    low, high, least = map(spoken_seconds, (found.low, found.high, found.least))
    images = "1 image" if bench.batch == 1 else f"{bench.batch} images"
    return (
        "latency",
        spoken_seconds(found.median),
        f"median of {found.runs} runs on {images}, 95 % interval {low} to {high}, fastest {least}; "
        f"{bench.place}",
    )


def _print(
    genotype: Genotype,
    used: int,
    trained: int,
    check: Check | None,
    latency: tuple[Bench, Measured] | None,
) -> None:
    from nas.costs import card, card_lines
    from nas.report.table import Column, console, show

    out = console()
    lines = card_lines(card(genotype, used, trained))
    if latency is not None:
        lines.insert(-1, _latency_line(*latency))
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
