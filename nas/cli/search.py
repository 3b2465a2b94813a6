"""`nas search`: find a good network in a space, by training candidates."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.artefacts.formats import parse_formats
from nas.cli import _placement, _trials
from nas.cli._data import fetched
from nas.cli._reading import at_least, given, option, read
from nas.cli._search_arguments import LIMITS, WITH_SPACE
from nas.cli._search_arguments import add_arguments as add_arguments
from nas.cli._search_report import report
from nas.errors import NasError, UsageError
from nas.quantity import parse_seconds

if TYPE_CHECKING:
    from nas.latency import Calibration
    from nas.study import Budget, Goal, Study, Training

NAME = "search"
HELP = "search a space for a good network by training candidates"
DESCRIPTION = """\
Draw candidates from a search space, train each for a few epochs, keep the best.

With a cheap --evaluator candidates are scored instead, and ten are trained: the five best by score,
and five drawn at random, two of them before the scoring. --time is divided so that more random ones
follow until they took as long as the search itself. RUN/trust.json, and the last lines, say how far
scores rank as training does (Kendall's tau), and what random search finds at the same cost.

Candidates over a limit (--max-macs, ...) are never built, and none is trained twice. The images
are split in three: candidates are trained on one part and scored on the second; the test part is
read once, at the end. Ctrl-C stops cleanly (twice: at once); --resume goes on after that, a crash
or a kill, as if there had been none. The best so far is always in RUN/best.
"""
TIME = 120.0  # seconds, where neither --time nor --trials is given
LARGE, SMALL = 128, 64  # pixels of a side: slow on a CPU, and quick
SHORT = 3600.0  # seconds: a search of large images on a CPU tries few candidates in it
ZERO_COST = "zero-cost"
FAST = "evolution"  # its sampler: a score takes less time than the predictor's thinking


def run(args: argparse.Namespace) -> int:
    """Start or resume a run, show it, say where the best is."""
    options = given(args, WITH_SPACE)
    if args.space is None and args.around is None and options:
        raise UsageError(
            f"{options}: only with --space or --around; a run or a study has its own settings"
        )
    if args.resume is not None and args.out is not None:
        raise UsageError("--out: not with --resume; a run goes on in its own folder")
    _trials.check(args)
    formats = parse_formats(args.formats)
    amend = _amendment(args)
    new = None if args.resume else _study(args, amend)

    from nas.report.live import display
    from nas.study import Run, wiring
    from nas.study.run import BEST, SCRATCH

    placement = _placement.placement(args)
    device = wiring.where(placement)
    if new is None:
        run = Run.resume(args.resume, amend)
        if args.download:
            fetched(run.study.goal.data)
        evaluator = wiring.evaluator(run.study, device, run.folder)
    else:
        named = args.space or args.around or args.study.stem
        folder = args.out or _trials.folder(named, "space")
        wiring.stopping(placement, new)  # refused before anything is made
        wiring.join(placement)
        if args.download:
            fetched(new.goal.data)
        evaluator = wiring.evaluator(new, device, folder)
        _tell_size(new, device)
        run = Run.start(new, folder, _calibration(args))
    with run:
        stopping = wiring.stopping(placement, run.study)
        executor = wiring.executor(evaluator, run.folder / SCRATCH, placement, stopping)
        result = run.search(executor, evaluator, display(run.progress))
    code = report(run, result)
    if code == 0:
        _exported(run.folder / BEST, formats)
    return code


def _tell_size(study: Study, device: str) -> None:
    """Say how large the images are, where their data set doesn't; and how they get smaller, where
    the time is short for so large ones."""
    from nas.study import wiring

    data, seconds = wiring.sized(study.goal), study.budget.seconds
    if not data.any_size:
        return
    _, height, width = data.shape
    slow = device == "cpu" and min(height, width) >= LARGE
    short = seconds is not None and seconds <= SHORT
    hint = f", which take a CPU long; --resolution {SMALL} makes them smaller"
    print(f"images of {height}x{width} pixels{hint if slow and short else ''}", flush=True)


def _exported(best: Path, formats: tuple[str, ...]) -> None:
    """Add to best/ what takes seconds to write; the run is safe whatever becomes of it."""
    if not {"onnx", "pt2"} & set(formats):
        return
    from nas.artefacts.whole import complete

    try:
        added = complete(best, formats)
    except NasError as error:
        print(f"nas: {error}", file=sys.stderr)
        return
    for problem in added.problems:
        print(f"nas: {best}: {problem}", file=sys.stderr)
    if added.files:
        print(f"{best} also holds {' and '.join(sorted(added.files))}")


def _calibration(args: argparse.Namespace) -> Calibration | None:
    from nas.latency import Calibration

    return None if args.latency is None else Calibration.load(args.latency)


def _amendment(args: argparse.Namespace) -> Callable[[Budget], Budget]:
    """What the arguments make of a budget: a new time or number replaces both."""
    at_least(args, trials=1, max_failures=1)
    seconds = read("--time", args.time, parse_seconds) if args.time is not None else None

    def amended(own: Budget) -> Budget:
        if seconds is not None or args.trials is not None:
            own = replace(own, seconds=seconds, trials=args.trials)
        if args.max_failures is not None:
            own = replace(own, failures=args.max_failures)
        return own

    return amended


def _study(args: argparse.Namespace, amend: Callable[[Budget], Budget]) -> Study:
    from nas.study import Budget, Evaluation, Study

    if args.study is not None:
        held = Study.load(args.study)
        return replace(held, budget=amend(held.budget))
    table = None if args.table is None else str(Path(args.table).absolute())
    evaluation = Evaluation(args.evaluator, args.proxy, table, args.survivors)
    return Study(_goal(args), _training(args), amend(Budget(seconds=TIME)), evaluation)


def _goal(args: argparse.Namespace) -> Goal:
    from nas.space import load
    from nas.study import Goal
    from nas.study.wiring import neighbourhood, usual_resolution, usual_width
    from nas.zoo import genotype

    values: dict[str, Any] = {
        name: getattr(args, name)
        for name in ("data", "width", "sampler", "seed")
        if getattr(args, name) is not None
    }
    if args.warm_start is not None:
        values["warm_start"] = str(args.warm_start.absolute())
    if args.features is not None:
        values["features"] = tuple(args.features.split(","))
    for name, parse in LIMITS.items():
        text = getattr(args, name)
        if text is not None:
            values[name] = read(option(name), text, parse)
    if args.objectives and args.objective:
        raise UsageError(
            "--objective and --objectives: leave one of them out; --objectives makes a front"
        )
    if args.objectives or args.objective:
        values["objectives"] = tuple((args.objectives or args.objective).split(","))
    elif args.evaluator == ZERO_COST:
        values["objectives"] = ("score",)
    if args.evaluator == ZERO_COST:
        values.setdefault("sampler", FAST)
    data = values.get("data", "digits")
    if args.around is not None:
        network = genotype(args.around)
        side = args.resolution or usual_resolution(network, data)
        space = neighbourhood(network, data, values.pop("width", None), side)
        return Goal(space=str(space), around=True, resolution=side, **values)
    space = load(args.space)
    side = values["resolution"] = args.resolution or usual_resolution(space, data)
    values.setdefault("width", usual_width(space, data, side))
    return Goal(space=str(space), **values)


def _training(args: argparse.Namespace) -> Training:
    from nas.study import Training

    rungs = None if args.rungs is None else _epochs(args.rungs)
    return Training(
        args.recipe or "proxy", args.epochs, rungs, args.eta, bool(args.inherit), args.seeds
    )


def _epochs(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(each) for each in text.split(","))
    except ValueError:
        raise UsageError(f"--rungs {text}: must be numbers of epochs, such as 1,3,9") from None
