"""`nas status`: how a run stands, also while it runs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

NAME = "status"
HELP = "show how a run stands, also while it runs"
DESCRIPTION = """\
Show a run of `nas search`: who is writing it, trials by how they ended, those that run, the best so
far and the front, the time and the pace. It reads the folder only: no lock is taken, and the search
goes on undisturbed.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="the folder of a run")
    parser.add_argument("--json", action="store_true", help="as JSON, with the front's genotypes")


def run(args: argparse.Namespace) -> int:
    """Read the run and print how it stands."""
    from nas.study.status import status

    found = status(args.folder)
    if args.json:
        print(json.dumps(found.as_json(), indent=2))
        return 0

    from nas.report.status import show
    from nas.report.table import console

    show(found, console())
    return 0
