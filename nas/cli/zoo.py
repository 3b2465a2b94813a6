"""`nas zoo`: the references as a whole; `nas zoo report` shows the field's history."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

NAME = "zoo"
HELP = "show the field's history in the reference networks"
REPORT = """\
Write one page that works from disk and loads nothing: errors by year, accuracy against parameters
and MACs, which idea came when, a table that sorts, and a drawing of every network. Published
figures are quoted with their sources; links lead to the papers.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    chosen = parser.add_subparsers(dest="what", metavar="report", required=True)
    report = chosen.add_parser(
        "report",
        help="write the history as a page",
        description=REPORT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    report.add_argument(
        "--out",
        type=Path,
        default=Path("zoo.html"),
        metavar="FILE.html",
        help="the page (default: zoo.html)",
    )
    report.add_argument("--json", action="store_true", help="print the page's data, write nothing")


def run(args: argparse.Namespace) -> int:
    """Write the page, and say where it is."""
    from nas.report.page.file import check, write
    from nas.report.zoo.history import history

    check(args.out)
    found = history()
    if args.json:
        print(json.dumps(found.as_json(), indent=1, allow_nan=False))
        return 0

    from nas.quantity import spoken_bytes
    from nas.report.zoo.page import page

    write(args.out, page(found))
    size = spoken_bytes(args.out.stat().st_size)
    print(f"{args.out}: {len(found.records)} networks, {size}")
    return 0
