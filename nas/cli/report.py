"""`nas report`: a run as a page, with the pictures and rows of its figures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

NAME = "report"
HELP = "write a run's report: one page that needs no network, pictures and tables"
DESCRIPTION = """\
Write RUN/report/: report.html, a page that works from disk and loads nothing, and the picture (SVG,
PNG) and the rows (CSV) of each figure on it. With --out only the page is written, to that file.

On the page: the best so far over time beside a random search, the front with every genotype, the
importance of decisions, how trials ended, the winner with its lineage, drawing and costs, how far a
cheap evaluator can be trusted, and the commands that do it again. A run may be still going on; it
is only read.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="the folder of a run")
    parser.add_argument(
        "--out", type=Path, metavar="FILE.html", help="write only the page, to this file"
    )
    parser.add_argument("--json", action="store_true", help="print the page's data, write nothing")


def run(args: argparse.Namespace) -> int:
    """Read the run, write its report, and say where it is."""
    from nas.report.page.file import check, write
    from nas.study.report import report

    if args.out is not None:
        check(args.out)
    found = report(args.folder)
    if args.json:
        print(json.dumps(found.as_json(), indent=1, allow_nan=False))
        return 0
    if args.out is not None:
        path = args.out
        write(path, found.html())
    else:
        path = found.save(args.folder / "report")
    missing = sum(not figure.drawn for figure in found.figures)
    told = f", {missing} of them without data" if missing else ""
    size = path.stat().st_size
    from nas.quantity import spoken_bytes

    print(f"{path}: {len(found.figures)} figures{told}, {spoken_bytes(size)}")
    return 0
