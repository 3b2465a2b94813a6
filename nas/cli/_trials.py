"""What the trials of a run are trained on and how, as options of the commands that search.

Each is None unless given, so that --resume can refuse it.
"""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from nas.cli._data import add_data, add_download
from nas.cli._reading import at_least
from nas.errors import RunError, UsageError

OPTIONS = ("data", "resolution", "width", "recipe", "epochs", "seeds", "seed")
WIDEST = 64


def add_images(how: argparse._ArgumentGroup, whose: str) -> None:
    """Declare the data set, how large its images are, and the width of `whose` channels."""
    add_data(how, default=None)
    add_download(how)
    how.add_argument(
        "--resolution",
        type=int,
        metavar="N",
        help="images of N x N pixels (default: the data set's; of pictures of any size what the "
        "network is written for, or the pictures' own where they are smaller)",
    )
    how.add_argument(
        "--width",
        type=float,
        help=f"scale {whose} channels (default: 1; 0.25 of what is written for far larger images)",
    )


def add_training(how: argparse._ArgumentGroup, seeds: str) -> None:
    """Declare the recipe and what goes with it; `seeds` says what is usual."""
    how.add_argument("--recipe", help="how candidates are trained (default: proxy)")
    how.add_argument("--epochs", type=int, help="of each training (default: the recipe's)")
    how.add_argument(
        "--seeds",
        type=int,
        metavar="N",
        help="train each candidate so many times, with the same seeds for all, and judge it by the "
        f"mean (default: {seeds})",
    )
    how.add_argument("--seed", type=int, help="the same seed, the same trials (default: 0)")


def check(args: argparse.Namespace) -> None:
    """Raises `UsageError` for what they can't be."""
    at_least(args, resolution=1, epochs=1, seeds=1, seed=0)
    check_width(args)


def check_width(args: argparse.Namespace) -> None:
    """Raises `UsageError` for a width that no space has."""
    if args.width is not None and not 0 < args.width <= WIDEST:
        raise UsageError(f"--width {args.width}: must be above 0 and at most {WIDEST}")


def folder(written: str, otherwise: str, kind: str = "") -> Path:
    """Where the run of a network or space is kept that was written so, `otherwise` its name where
    it is text. Raises `RunError` where there is something already."""
    name = otherwise if "(" in written or ">" in written else Path(written).stem
    found = Path("runs") / f"{name}{kind}-{datetime.now():%Y%m%d-%H%M%S}"
    if found.exists():
        raise RunError(f"{found}: exists already; name another with --out")
    return found
