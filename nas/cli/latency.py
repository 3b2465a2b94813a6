"""`nas latency`: calibrate a space on this machine once, then predict any candidate's latency."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from nas.cli._data import add_data
from nas.cli._reading import at_least
from nas.cli._trials import check_width
from nas.errors import UsageError
from nas.quantity import parse_seconds, spoken_seconds

if TYPE_CHECKING:
    from nas.latency import Calibration
    from nas.space import Space

NAME = "latency"
HELP = "calibrate a space's latency on this machine, and predict candidates from that"
DESCRIPTION = """\
calibrate measures each distinct operation of a space once (with the norm, activation or sum that
follows it at once), in float32 and eval mode, and checks the predictions on 50 candidates that
were measured whole and used for nothing else. predict then tells any network's latency on the
machine that was calibrated, without building it.

What is predicted is the time of a run that nothing disturbs: everything is measured in turns, the
fastest of each counts, and of a single thread only the time that it works, so that other programs
on the machine matter little.
"""
FILE = Path("latency.json")
LITTLE = 0.5  # of a network's operations measured: it is none of the space's


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    make = actions.add_parser("calibrate", help="measure a space's operations on this machine")
    make.add_argument("--space", required=True, help="a search space: name, .nas file or text")
    add_data(make)
    make.add_argument(
        "--width", type=float, help="scale the space's channels (default: as nas search)"
    )
    make.add_argument("--batch", type=int, default=1, help="images at once (default: 1)")
    make.add_argument("--threads", type=int, metavar="N", help="of the CPU (default: torch's)")
    make.add_argument("--gpus", type=int, help="0 is the CPU (default: 1 if there is one)")
    make.add_argument("--time", default="60s", help="at most about so long (default: 60s)")
    make.add_argument("--out", type=Path, default=FILE, help=f"default: {FILE}")
    make.add_argument("--json", action="store_true", help="the figures as JSON")
    tell = actions.add_parser("predict", help="a network's latency, from a calibration")
    tell.add_argument("genotype", help="a reference's name, a .nas file, a run's folder or text")
    tell.add_argument(
        "--from", dest="file", type=Path, default=FILE, help=f"the calibration (default: {FILE})"
    )
    tell.add_argument("--json", action="store_true", help="the figures as JSON, in seconds")


def run(args: argparse.Namespace) -> int:
    """Do the action."""
    return _calibrate(args) if args.action == "calibrate" else _predict(args)


def _calibrate(args: argparse.Namespace) -> int:
    at_least(args, batch=1, threads=1)
    check_width(args)
    if not args.out.parent.is_dir() or args.out.is_dir():
        raise UsageError(f"--out {args.out}: must be a file in a folder that exists")
    seconds = parse_seconds(args.time)
    from nas.latency import calibrate
    from nas.study import wiring

    made = calibrate(
        _space(args),
        batch=args.batch,
        device=wiring.device(args.gpus),
        threads=args.threads,
        seconds=seconds,
        say=lambda line: print(line, file=sys.stderr if args.json else sys.stdout, flush=True),
    )
    made.save(args.out)
    if args.json:
        error = None if made.error is None else asdict(made.error)
        print(
            json.dumps({**asdict(made.setting), "operations": len(made.operations), "error": error})
        )
        return 0
    print(_told(made))
    print(f"written to {args.out}; `nas latency predict GENOTYPE --from {args.out}`")
    return 0


def _space(args: argparse.Namespace) -> Space:
    """The space at the data set's size and the width, as a search draws from it."""
    from nas.space import load
    from nas.study import Goal
    from nas.study.wiring import fitted, usual_resolution, usual_width

    space = load(args.space)
    side = usual_resolution(space, args.data)
    width = usual_width(space, args.data, side) if args.width is None else args.width
    return fitted(Goal(space=str(space), data=args.data, width=width, resolution=side))


def _told(made: Calibration) -> str:
    from nas.latency.bench import placed

    where = placed(made.setting.machine, made.setting.device, made.setting.threads)
    if made.error is None:
        return f"{where}: there was no time to check it; give more with --time"
    if made.error.candidates == 1:
        return f"{where}: on one held-out candidate the prediction is off by {made.error.mape:.1%}"
    return (
        f"{where}: on {made.error.candidates} held-out candidates the predictions are off by "
        f"{made.error.mape:.1%} on average (MAPE), Spearman {made.error.spearman:.3f}"
    )


def _predict(args: argparse.Namespace) -> int:
    import nas
    from nas.latency import Calibration
    from nas.latency.runs import runs

    made = Calibration.load(args.file)
    genotype = nas.genotype(args.genotype)
    seconds, covered = made.predict(genotype), made.covered(runs(genotype))
    if args.json:
        setting = asdict(made.setting)
        print(json.dumps({"seconds": seconds, "covered": covered, **setting}, indent=2))
        return 0
    batch = made.setting.batch
    images = "1 image" if batch == 1 else f"{batch} images"
    print(f"{spoken_seconds(seconds)} for {images}; {covered:.0%} of its operations were measured")
    far = ", which says little about this network" if covered < LITTLE else ""
    print(_told(made) + far)
    return 0
