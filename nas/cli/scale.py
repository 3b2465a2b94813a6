"""`nas scale`: a network wider, deeper, on larger images: by a law, to a target, or by factors."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nas.cli._scaled import COEFFICIENTS, Told
from nas.errors import NasError, UsageError
from nas.quantity import parse_count, parse_latency, spoken, spoken_seconds

if TYPE_CHECKING:
    from nas.genotype import Genotype
    from nas.scaling import Budget

NAME = "scale"
HELP = "scale a network by a law, to a target, or by factors"
DESCRIPTION = """\
Scale a network's width (channels), depth (repeats of its main chain) and resolution (its
image), and print both side by side. The exact figures are counted; the nominal factor is the rule
of thumb, depth x width^2 x resolution^2.

  nas scale efficientnet_b0 --phi 3           along a law: phi doublings of the nominal MACs
  nas scale resnet50 --target-macs 2G         the network along the law nearest to a target
  nas scale my.nas --width 1.4 --depth 1.8 --resolution 380 --out my_b4.nas

Laws: compound (EfficientNet; --alpha depth, --beta width, --gamma resolution), width, depth,
resolution, fast (mostly width; --share), regnet, nfnet (phi is its F number), efficientnetv2 (at
most --pixels). Of several targets the one that binds first decides; where rounding leaves it more
than 3 % away, both neighbours are shown.
"""
TARGETS = {"macs": "MACs", "params": "parameters", "latency": "latency"}
MEASURED = 0.5  # seconds that measuring one network's latency takes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("genotype", help="a reference's name, a .nas file, a run's folder or text")
    law = parser.add_argument_group("along a law")
    law.add_argument("--phi", type=float, help="how far; below 0 for a smaller network")
    law.add_argument("--law", help="default: compound")
    for name in COEFFICIENTS:
        law.add_argument(f"--{name}", type=float, metavar="X", help="the law's coefficient")
    to = parser.add_argument_group("to a target, along a law")
    to.add_argument("--target-macs", metavar="N", help="multiply-accumulates, such as 2G")
    to.add_argument("--target-params", metavar="N", help="learned numbers, such as 5M")
    to.add_argument("--target-latency", metavar="T", help="of one image, such as 20ms")
    to.add_argument(
        "--latency",
        type=Path,
        metavar="FILE",
        help="a calibration that predicts it (default: a few networks are measured here, seconds)",
    )
    by = parser.add_argument_group("by factors")
    by.add_argument("--width", type=float, help="times the channels")
    by.add_argument("--depth", type=float, help="times the repeats")
    by.add_argument("--resolution", help="pixels a side such as 380, or times the sides: 1.5")
    parser.add_argument(
        "--divisor", type=int, default=8, help="channels are multiples of it (default: 8)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.nas", help="write the network there")
    parser.add_argument("--json", action="store_true", help="exact figures and the network's text")


def run(args: argparse.Namespace) -> int:
    """Print what was and what is, and write the network."""
    targets = {key: getattr(args, f"target_{key}") for key in TARGETS}
    targets = {key: text for key, text in targets.items() if text is not None}
    factors = {key: getattr(args, key) for key in ("width", "depth", "resolution")}
    factors = {key: value for key, value in factors.items() if value is not None}
    _one_way(args, targets, factors)
    if args.out is not None and (args.out.is_dir() or not args.out.parent.is_dir()):
        raise UsageError(f"--out {args.out}: must be a file in a folder that exists")
    import nas

    told = Told(args, nas.genotype(args.genotype))
    if factors:
        told.by(factors)
    elif targets:
        if "latency" in targets and args.latency is None:
            _measured(told, _counted(targets), parse_latency(targets["latency"]))
        else:
            told.to([*_counted(targets), *_predicted(targets, args.latency)])
    else:
        told.along(args.phi)
    if args.out is not None:
        try:
            args.out.write_text(told.text(), encoding="utf-8")
        except OSError as error:
            raise NasError(
                f"--out {args.out}: can't be written: {error.strerror}; choose another"
            ) from None
    print(json.dumps(told.described(), indent=2)) if args.json else told.show()
    return 0


def _one_way(args: argparse.Namespace, targets: dict[str, str], factors: dict[str, object]) -> None:
    """UsageError unless it is said in one way how far to scale."""
    ways = [args.phi is not None, bool(targets), bool(factors)]
    if sum(ways) != 1:
        said = "but got more than one of them" if any(ways) else "but got none"
        raise UsageError(
            f"say how far in one way: --phi, --target-..., or --width, --depth and --resolution; "
            f"{said}"
        )
    coefficients = [name for name in ("law", *COEFFICIENTS) if getattr(args, name) is not None]
    if factors and coefficients:
        raise UsageError(f"--{coefficients[0]}: only with --phi or --target-..., not with factors")
    if args.latency is not None and "latency" not in targets:
        raise UsageError("--latency: only with --target-latency")


def _counted(targets: dict[str, str]) -> list[Budget]:
    """What the network may cost, of what is counted."""
    from nas.costs import figures
    from nas.scaling import Budget

    def macs(network: Genotype) -> float:
        return figures(network).macs

    def params(network: Genotype) -> float:
        return figures(network).params

    def count(value: float) -> str:
        return spoken(round(value))

    found = []
    if "macs" in targets:
        found.append(Budget("MACs", parse_count(targets["macs"]), macs, count))
    if "params" in targets:
        found.append(Budget("parameters", parse_count(targets["params"]), params, count))
    return found


def _predicted(targets: dict[str, str], calibration: Path | None) -> list[Budget]:
    """How long the network may take, by a calibration."""
    if calibration is None:
        return []
    from nas.latency import Calibration
    from nas.scaling import Budget

    predict = Calibration.load(calibration).predict
    return [Budget("latency", parse_latency(targets["latency"]), predict, spoken_seconds)]


def _measured(told: Told, counted: list[Budget], seconds: float) -> None:
    """Scale to a latency: measure the network that the ones measured so far make the nearest, until
    it is. The least of the runs counts, as in a calibration: a busy machine doesn't raise it."""
    from nas.latency import measured as how
    from nas.latency.along import Along
    from nas.latency.bench import Bench
    from nas.scaling import Budget

    with Bench(batch=1, device="cpu", threads=None) as bench:
        along = Along(lambda network: how.measured(bench, network, MEASURED).least)
        print("measuring the latency of a few networks, a second or so each", file=sys.stderr)
        along.measure(told.base)
        budgets = [*counted, Budget("latency", seconds, along.predict, spoken_seconds)]
        along.settle(lambda: told.to(budgets), seconds)
        told.to(budgets)
