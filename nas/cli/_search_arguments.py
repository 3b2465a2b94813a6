"""The arguments of `nas search`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from nas.cli import _placement, _trials
from nas.cli._formats import add_formats
from nas.errors import UsageError
from nas.evaluate.cheap import names as evaluators
from nas.evaluate.zero_cost import USUAL
from nas.evaluate.zero_cost import names as proxies
from nas.quantity import parse_bytes, parse_count, parse_latency
from nas.search.samplers import names

LIMITS: dict[str, Callable[[str], float]] = {
    "target_macs": parse_count,
    "target_latency": parse_latency,
    "max_macs": parse_count,
    "max_params": parse_count,
    "max_latency": parse_latency,
    "max_memory": parse_bytes,
}
WITH_SPACE = (
    *_trials.OPTIONS,
    "sampler",
    "features",
    "objective",
    "objectives",
    *LIMITS,
    "latency",
    "rungs",
    "eta",
    "inherit",
    "warm_start",
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
    _trials.add_images(how, "the")
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
    _trials.add_training(how, "once, with a seed of its own")
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
    add_formats(run, "; model.onnx and model.pt2 of the best are written at the end")
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
