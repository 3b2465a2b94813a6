"""`nas scale-search`: the coefficients with which a base is scaled best, found by training."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nas.blocks.fields import DIVISOR
from nas.cli import _placement, _trials
from nas.cli._data import fetched
from nas.cli._reading import at_least, given, read
from nas.errors import RunError, UsageError
from nas.quantity import parse_seconds
from nas.search.samplers import names

if TYPE_CHECKING:
    from nas.study import Budget, Result, Run, Study

NAME = "scale-search"
HELP = "find the coefficients with which a network is scaled best, by training"
DESCRIPTION = """\
Find alpha (depth), beta (width) and gamma (resolution), each at least 1, with which a base becomes
the best network of about TARGET times its MACs: arXiv:1905.11946 found 1.2, 1.1 and 1.15 so, with
a target of 2. Every candidate, and the base itself, is trained the same way with the same seeds; a
classifier's dropout is what goes with TARGET for all of them.

  nas scale-search mobilenetv2 --data cifar10 --target 2
  nas scale-search my.nas --data digits --sampler tpe --trials 20 --workers 2
  nas scale-search --resume RUN

Coefficients that give the same network by rounding are trained once. RUN holds result.json, the
accuracies as a table (coefficients.csv) and a picture (.svg, .png), the base (base.nas), and in
best/ the winner. Ctrl-C stops cleanly; --resume goes on after that, a crash or a kill.
"""
INTERRUPTED = 130
SEEDS = 3
STEP = 0.1
FINE = 0.02  # the step of what a sampler draws from
TRIALS = 20  # of a sampler
WITH_BASE = (
    *_trials.OPTIONS,
    *("target", "tolerance", "exact", "divisor", "grid", "sampler", "trials", "out"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments; each is None unless given, so that --resume can refuse it."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "base", nargs="?", help="a reference's name, a .nas file, a run's folder or text"
    )
    what.add_argument("--resume", type=Path, metavar="RUN", help="the folder of a run, to go on")
    how = parser.add_argument_group("what is searched (only with a base)")
    _trials.add_images(how, "the base's")
    how.add_argument("--target", type=float, metavar="X", help="times the base's MACs (default: 2)")
    how.add_argument(
        "--tolerance",
        type=float,
        metavar="X",
        help="how far alpha * beta^2 * gamma^2 may be from it (default: 0.1)",
    )
    how.add_argument(
        "--exact",
        action="store_true",
        default=None,
        help="let the tolerance be for the exact MACs instead, rounding and all",
    )
    how.add_argument(
        "--divisor",
        type=int,
        metavar="N",
        help=f"scaled channels are multiples of it (default: {DIVISOR})",
    )
    draw = how.add_mutually_exclusive_group()
    draw.add_argument(
        "--grid",
        type=float,
        metavar="STEP",
        help=f"every network of a grid of so large steps (default: {STEP:g})",
    )
    draw.add_argument(
        "--sampler",
        help=f"draw from a grid of {FINE:g} instead: "
        f"{', '.join(each for each in names() if each != 'grid')}",
    )
    how.add_argument(
        "--trials", type=int, metavar="N", help=f"candidates of a sampler (default: {TRIALS})"
    )
    _trials.add_training(how, str(SEEDS))
    run = parser.add_argument_group("the run")
    run.add_argument("--time", help="stop after it, over all sittings, such as 90s, 2h")
    run.add_argument("--out", type=Path, help="the run's folder (default: runs/BASE-scale-DATE)")
    run.add_argument("--json", action="store_true", help="print RUN/result.json in the end")
    _placement.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Start or resume a run, show it, say which coefficients won."""
    options = given(args, WITH_BASE)
    if args.resume is not None and options:
        raise UsageError(f"{options}: only with a base; a run has its own settings and folder")
    _trials.check(args)
    at_least(args, trials=1)
    seconds = None if args.time is None else read("--time", args.time, parse_seconds)
    new = None if args.resume else _study(args, seconds)

    from rich.console import Console

    from nas.report.live import display
    from nas.study import Run, wiring
    from nas.study.run import SCRATCH

    placement = _placement.placement(args)
    device = wiring.where(placement)
    if new is None:
        run = Run.resume(args.resume, lambda own: _amended(own, seconds))
        if run.study.goal.scaling is None:
            run.close()
            raise RunError(
                f"{run.folder}: searches a space, not coefficients; go on with "
                f"`nas search --resume {run.folder}`"
            )
        if args.download:
            fetched(run.study.goal.data)
        evaluator = wiring.evaluator(run.study, device, run.folder)
    else:
        folder = args.out or _trials.folder(args.base, "base", "-scale")
        wiring.stopping(placement, new)
        wiring.join(placement)
        if args.download:
            fetched(new.goal.data)
        evaluator = wiring.evaluator(new, device, folder)
        run = Run.start(new, folder)
    with run:
        executor = wiring.executor(evaluator, run.folder / SCRATCH, placement)
        shown = Console(stderr=True, highlight=False) if args.json else None
        result = run.search(executor, evaluator, display(run.progress, shown))
    return _report(run, result, args.json)


def _amended(own: Budget, seconds: float | None) -> Budget:
    return own if seconds is None else replace(own, seconds=seconds)


def _study(args: argparse.Namespace, seconds: float | None) -> Study:
    import nas
    from nas.study import Budget, Goal, Study, Training, wiring
    from nas.study.settings import Scaling

    if args.trials is not None and args.sampler is None:
        raise UsageError(
            f"--trials {args.trials}: only with --sampler; a grid is tried whole, and has fewer "
            "points with a larger --grid"
        )
    sampler = args.sampler or "grid"
    trials = None if args.sampler is None else (args.trials or TRIALS) + 1  # and the base
    usual = Scaling(step=STEP if args.sampler is None else FINE)
    asked = {"target": args.target, "tolerance": args.tolerance, "step": args.grid}
    asked = {key: value for key, value in asked.items() if value is not None}
    scaling = replace(usual, exact=bool(args.exact), divisor=args.divisor, **asked)
    data = args.data or "digits"
    network = wiring.base(nas.genotype(args.base), data, args.width, args.resolution)
    goal = Goal(
        space=str(network),
        data=data,
        resolution=args.resolution,
        sampler=sampler,
        seed=args.seed or 0,
        objectives=("accuracy",),
        scaling=scaling,
    )
    training = Training(args.recipe or "proxy", args.epochs, seeds=args.seeds or SEEDS)
    return Study(goal, training, Budget(seconds=seconds, trials=trials))


def _report(run: Run, result: Result, as_json: bool) -> int:
    """Print the last lines; the exit code."""
    findings = result.findings
    assert findings is not None
    go_on = f"go on with `nas scale-search --resume {run.folder}`"
    if as_json:
        print(json.dumps(findings.as_json(), indent=1))
    else:
        from nas.report.coefficients import show

        show(findings, run.folder)
        if result.interrupted:
            print(f"stopped; {go_on}")
    if result.interrupted:
        return INTERRUPTED
    if findings.winner is None:
        raise RunError(
            f"{run.folder}: no candidate was trained with every seed; "
            f"{result.why or 'the time is spent'}; {go_on} and a longer --time"
        )
    return 0
