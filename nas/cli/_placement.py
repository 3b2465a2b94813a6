"""Where a run's trials are trained, as options of the commands that run them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nas.cli._reading import at_least, read
from nas.errors import UsageError
from nas.quantity import parse_seconds

if TYPE_CHECKING:
    from nas.study.wiring import Placement


def add_arguments(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Declare them; the group, for further ones."""
    where = parser.add_argument_group("where trials run (may differ at each --resume)")
    where.add_argument("--gpus", type=int, help="0 trains on the CPU (default: 1 if there is one)")
    where.add_argument(
        "--workers", type=int, metavar="N", help="trials at a time, each in a process of its own"
    )
    where.add_argument(
        "--trial-timeout", metavar="TIME", help="kill a trial after it, such as 10m; needs a worker"
    )
    where.add_argument(
        "--gpus-per-trial", type=float, metavar="X", help="with Ray: a GPU's share, such as 0.5"
    )
    where.add_argument(
        "--address",
        help='a running Ray cluster: HOST:PORT or "auto"; "local" starts Ray on this machine',
    )
    return where


def placement(args: argparse.Namespace) -> Placement:
    """What they ask for. Raises `UsageError` for what contradicts itself."""
    from nas.study.wiring import Placement

    at_least(args, workers=1)
    share = args.gpus_per_trial
    if share is not None and not args.gpus:
        raise UsageError(f"--gpus-per-trial {share:g}: say with --gpus N how many GPUs are shared")
    if share is not None and not 0 < share <= args.gpus:
        raise UsageError(f"--gpus-per-trial {share:g}: must be above 0 and at most --gpus")
    text = args.trial_timeout
    limit = None if text is None else read("--trial-timeout", text, parse_seconds)
    scheduler = getattr(args, "tune_scheduler", None)
    return Placement(args.gpus, share, args.workers, limit, args.address, scheduler)
