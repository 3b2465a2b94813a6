"""`nas search`: find a good network in a space, by training candidates."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.cli import _placement
from nas.cli.data import fetched
from nas.errors import RunError, UsageError
from nas.evaluate.cheap import names as evaluators
from nas.evaluate.zero_cost import USUAL
from nas.evaluate.zero_cost import names as proxies
from nas.quantity import format_count, parse_bytes, parse_count, parse_latency, parse_seconds
from nas.search.samplers import names

if TYPE_CHECKING:
    from nas.latency import Calibration
    from nas.search.standing import Finished
    from nas.study import Budget, Goal, Result, Run, Study, Training

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
INTERRUPTED = 130
ZERO_COST = "zero-cost"
FAST = "evolution"  # its sampler: a score takes less time than the predictor's thinking
_LIMITS: dict[str, Callable[[str], float]] = {
    "target_macs": parse_count,
    "target_latency": parse_latency,
    "max_macs": parse_count,
    "max_params": parse_count,
    "max_latency": parse_latency,
    "max_memory": parse_bytes,
}
_WITH_SPACE = (
    "data",
    "width",
    "sampler",
    "features",
    "objective",
    "objectives",
    *_LIMITS,
    "latency",
    "recipe",
    "epochs",
    "rungs",
    "eta",
    "inherit",
    "warm_start",
    "seed",
    "evaluator",
    "proxy",
    "table",
    "survivors",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments; each is None unless given, so that --resume can refuse it."""
    what = parser.add_argument_group("what to search (one of these)")
    one = what.add_mutually_exclusive_group(required=True)
    one.add_argument("--space", help="a search space: name, .nas file or text")
    one.add_argument(
        "--around",
        metavar="NETWORK",
        help="the neighbourhood of a network: a reference's name (`nas list`), .nas file or text",
    )
    one.add_argument("--study", type=Path, metavar="FILE", help="a study.toml, to run it again")
    one.add_argument("--resume", type=Path, metavar="RUN", help="the folder of a run, to go on")
    how = parser.add_argument_group("how (only with --space or --around)")
    how.add_argument("--data", help="the data set (default: digits)")
    how.add_argument(
        "--download", action="store_true", help="fetch the data set's files if they aren't here"
    )
    how.add_argument(
        "--width",
        type=float,
        help="scale the channels (default: 1; 0.25 of what is written for far larger images)",
    )
    how.add_argument(
        "--sampler",
        help=f"{', '.join(names())} (default: predictor; with zero-cost evolution); a setting "
        "stands behind a colon: evolution:population=50,sample=10",
    )
    how.add_argument(
        "--features",
        metavar="P,P",
        help="zero-cost proxies, such as naswot,synflow: the predictor scores the 8 candidates "
        "that promise most, and learns from the scores, too (default: none)",
    )
    how.add_argument(
        "--objective",
        help="mnasnet, accuracy or loss (default: mnasnet = accuracy * (MACs / target)^-0.07), or "
        "score (default of --evaluator zero-cost)",
    )
    how.add_argument(
        "--objectives",
        metavar="A,B",
        help="a front of several: accuracy,macs,params,latency,memory,loss,score",
    )
    for name, metavar, said in (
        (
            "--target-macs",
            "N",
            "of mnasnet (default: --max-macs, else the median of 101 random candidates)",
        ),
        ("--target-latency", "T", "of mnasnet instead, as in the paper, such as 20ms"),
        ("--max-macs", "N", "the most MACs, such as 400M"),
        ("--max-params", "N", "the most parameters, such as 2.5M"),
        ("--max-latency", "T", "the most for one image, such as 20ms, on this machine's CPU"),
        ("--max-memory", "N", "the most bytes in use for one image, such as 4M: weights and maps"),
    ):
        how.add_argument(name, metavar=metavar, help=said, action=_Once)
    how.add_argument(
        "--latency",
        type=Path,
        metavar="FILE",
        help="where latency is asked for, a calibration by `nas latency calibrate`, of any device "
        "(default: one of this CPU, made at the start in half a minute)",
    )
    how.add_argument(
        "--evaluator",
        metavar="NAME",
        help=f"{', '.join(evaluators())} (default: train); all but train score candidates, and "
        "train the survivors only",
    )
    how.add_argument(
        "--proxy",
        metavar="NAME",
        help=f"of --evaluator zero-cost: {', '.join(proxies())} (default: {USUAL})",
    )
    how.add_argument(
        "--table",
        metavar="FILE[:COLUMN]",
        help="of --evaluator table: a CSV file (also .gz) whose rows are networks, named by a "
        "column hash, notation, ops or genotype, and the column to look up (default: accuracy)",
    )
    how.add_argument(
        "--survivors",
        type=int,
        metavar="N",
        help="of a cheap evaluator: train at least so many (default: 10; 0 of a table)",
    )
    how.add_argument("--recipe", help="how candidates are trained (default: proxy)")
    how.add_argument("--epochs", type=int, help="for each candidate (default: the recipe's)")
    how.add_argument(
        "--rungs",
        metavar="E,E,..",
        help="train each candidate for the first number of epochs, the best of them on to the "
        "next, such as 1,3,9 (successive halving; instead of --epochs)",
    )
    how.add_argument(
        "--eta", type=int, metavar="N", help="with --rungs: of N at a rung one goes on (default: 3)"
    )
    how.add_argument(
        "--inherit",
        action="store_true",
        default=None,
        help="a candidate begins with the weights of the complete one that it differs least from: "
        "wider, deeper and larger kernels as the same function, else the largest common part",
    )
    how.add_argument(
        "--warm-start",
        type=Path,
        metavar="RUN",
        help="begin with what another run knows: its complete trials, as far as they are in this "
        "space, if they were trained on the same data by the same recipe and epochs",
    )
    how.add_argument("--seed", type=int, help="the same seed, the same trials (default: 0)")
    run = parser.add_argument_group("the run")
    run.add_argument(
        "--time", help="when to stop, over all sittings, such as 90s, 2h (default: 2m)"
    )
    run.add_argument(
        "--trials",
        type=int,
        help="stop after so many good trials instead; with --rungs they end complete (trained to "
        "the last rung) or pruned (not among the best at a rung)",
    )
    run.add_argument(
        "--max-failures",
        type=int,
        metavar="K",
        help="end the search after so many trials in a row that failed alike (default: 20)",
    )
    run.add_argument("--out", type=Path, help="the run's folder (default: runs/NAME-DATE-TIME)")
    where = _placement.add_arguments(parser)
    where.add_argument(
        "--tune-scheduler",
        metavar="NAME",
        help="with Ray and --objective accuracy: Tune's asha, hyperband, median or pbt stops "
        "trials between epochs; what it decides by is in its memory and gone on --resume, so "
        "prefer --rungs. pbt (with --inherit) keeps 8 trials in training; one of their worst "
        "quarter makes room for a new trial: a mutant of one of the best quarter, which begins "
        "with its weights and is trained whole by the recipe",
    )


def run(args: argparse.Namespace) -> int:
    """Start or resume a run, show it, say where the best is."""
    given = [name for name in _WITH_SPACE if getattr(args, name) is not None]
    if args.space is None and args.around is None and given:
        options = ", ".join("--" + name.replace("_", "-") for name in given)
        raise UsageError(
            f"{options}: only with --space or --around; a run or a study has its own settings"
        )
    if args.resume is not None and args.out is not None:
        raise UsageError("--out: not with --resume; a run goes on in its own folder")
    amend = _amendment(args)
    new = None if args.resume else _study(args, amend)

    from nas.report.live import display
    from nas.study import Run, wiring
    from nas.study.run import SCRATCH

    placement = _placement.placement(args)
    device = wiring.where(placement)
    if new is None:
        run = Run.resume(args.resume, amend)
        if args.download:
            fetched(run.study.goal.data)
        evaluator = wiring.evaluator(run.study, device, run.folder)
    else:
        folder = args.out or _folder(args)
        wiring.stopping(placement, new)  # refused before anything is made
        wiring.join(placement)
        if args.download:
            fetched(new.goal.data)
        evaluator = wiring.evaluator(new, device, folder)
        run = Run.start(new, folder, _calibration(args))
    with run:
        stopping = wiring.stopping(placement, run.study)
        executor = wiring.executor(evaluator, run.folder / SCRATCH, placement, stopping)
        result = run.search(executor, evaluator, display(run.progress))
    return _report(run, result)


class _Once(argparse.Action):
    """A value that may be given once, as two would be two budgets."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option: str | None = None,
    ) -> None:
        before = getattr(namespace, self.dest)
        if before is not None:
            raise UsageError(f"{option}: given twice, {before} and {values}; leave one out")
        setattr(namespace, self.dest, values)


def _calibration(args: argparse.Namespace) -> Calibration | None:
    from nas.latency import Calibration

    return None if args.latency is None else Calibration.load(args.latency)


def _amendment(args: argparse.Namespace) -> Callable[[Budget], Budget]:
    """What the arguments make of a budget: a new time or number replaces both."""
    for name in ("trials", "max_failures"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise UsageError(f"--{name.replace('_', '-')} {value}: must be at least 1")
    seconds = parse_seconds(args.time) if args.time is not None else None

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
    from nas.study.wiring import neighbourhood, usual_width
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
    for name, parse in _LIMITS.items():
        text = getattr(args, name)
        if text is not None:
            values[name] = parse(text)
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
    if args.width is not None and not 0 < args.width <= 64:
        raise UsageError(f"--width {args.width}: must be above 0 and at most 64")
    if args.seed is not None and args.seed < 0:
        raise UsageError(f"--seed {args.seed}: must be at least 0")
    data = values.get("data", "digits")
    if args.around is not None:
        space = neighbourhood(genotype(args.around), data, values.pop("width", None))
        return Goal(space=str(space), around=True, **values)
    space = load(args.space)
    values.setdefault("width", usual_width(space, data))
    return Goal(space=str(space), **values)


def _training(args: argparse.Namespace) -> Training:
    from nas.study import Training

    if args.epochs is not None and args.epochs < 1:
        raise UsageError(f"--epochs {args.epochs}: must be at least 1")
    rungs = None if args.rungs is None else _epochs(args.rungs)
    return Training(args.recipe or "proxy", args.epochs, rungs, args.eta, bool(args.inherit))


def _epochs(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(each) for each in text.split(","))
    except ValueError:
        raise UsageError(f"--rungs {text}: must be numbers of epochs, such as 1,3,9") from None


def _folder(args: argparse.Namespace) -> Path:
    named = args.space or args.around or args.study.stem
    name = Path(named).stem if "(" not in named and ">" not in named else "space"
    folder = Path("runs") / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
    if folder.exists():
        raise RunError(f"{folder}: exists already; name another with --out")
    return folder


def _report(run: Run, result: Result) -> int:
    """Print the last lines; the exit code."""
    best, folder = result.best, run.folder
    go_on = f"nas search --resume {folder}"
    if best is None:
        if result.interrupted:
            print(f"stopped before a trial was complete; go on with `{go_on}`")
            return INTERRUPTED
        raise RunError(f"{folder}: no trial was complete; {result.why or 'the budget is spent'}")
    if result.why:
        print(f"ended: {result.why}")
    _predicted(run, result)
    trust = result.trust
    if trust is not None and not (result.interrupted and trust.agreement is None):
        print("\n".join(trust.lines()))
    trained = run.trained(best)
    which = f"trial {best.number}, after {trained}" if trained else f"trial {best.number}"
    untrained = run.untrained(best)
    if result.interrupted:
        print(f"stopped; go on with `{go_on}`")
        if untrained and run.study.evaluation.trained:
            print(f"best so far: trial {best.number} by {untrained}; none is trained yet")
            return INTERRUPTED
        accuracy = best.figures.get("accuracy", 0.0)
        print(f"best so far: {folder}/best ({which}): {accuracy:.2%} valid., {_sizes(best)}")
        return INTERRUPTED
    if untrained and run.study.evaluation.trained:
        raise RunError(
            f"{folder}: no candidate could be trained; give --resume {folder} a longer --time, or "
            "see the reasons above"
        )
    if result.test is None:
        print(f"best: {folder}/best ({which}), not trained: {untrained}; {_sizes(best)}")
        return 0
    print(
        f"best: {folder}/best ({which}): {result.test['accuracy']:.2%} of the test "
        f"images right, which the search never saw; {_sizes(best)}"
    )
    return 0


def _predicted(run: Run, result: Result) -> None:
    """Print the observed front of several objectives, and what the sampler believes, where it isn't
    what was observed."""
    front = run.record.standing.front
    if len(run.study.goal.objectives) > 1:
        print(f"front as observed: {_numbers(front)}")
        if result.believed:
            print(f"front by predicted means: {_numbers(result.believed)}")
        return
    for other in result.believed:
        if other != result.best:
            accuracy = other.figures.get("accuracy", 0.0)
            print(
                f"best by predicted mean: trial {other.number}: {accuracy:.2%} valid. observed, "
                f"{_sizes(other)}"
            )


def _numbers(trials: tuple[Finished, ...]) -> str:
    return f"trial{'s' * (len(trials) > 1)} {', '.join(str(each.number) for each in trials)}"


def _sizes(trial: Finished) -> str:
    figures = trial.figures
    return f"{format_count(figures['macs'])} MACs, {format_count(figures['params'])} parameters"
