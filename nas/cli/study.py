"""`nas study`: the studies behind the project's figures, run again."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "study"
HELP = "run one of the repository's studies again"
DESCRIPTION = """\
The figures that this project claims come from the folders of studies/ in its repository, each with
its README (claim, tolerance, result) and its commands. `nas study list` lists them;

  nas study run efficientnet_scaling --quick

runs one: every command in order, what it prints and makes in RUN's folder, with a study.json that
tells the machine, the versions and the times. A study that was interrupted goes on where it was
when the same is run again.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    does = parser.add_subparsers(title="what to do", metavar="ACTION", required=True)
    does.add_parser("list", help="list the studies").set_defaults(action=_list)
    run = does.add_parser("run", help="run a study")
    run.add_argument("name", metavar="NAME", help="its folder in studies/")
    run.add_argument("--quick", action="store_true", help="in minutes, on small data")
    run.add_argument(
        "--out", type=Path, metavar="FOLDER", help="of the results (default: runs/study-NAME)"
    )
    run.set_defaults(action=_run)


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    code: int = args.action(args)
    return code


def _list(args: argparse.Namespace) -> int:
    from nas.report.table import Column, show
    from nas.study.studies import known

    columns = (Column("study"), Column("about", wraps=True), Column("takes"), Column("--quick"))
    show(
        columns,
        [
            (each.name, each.about, each.time, "yes" if each.has_quick else "")
            for each in known().values()
        ],
    )
    return 0


def _run(args: argparse.Namespace) -> int:
    from nas.study import rerun, studies

    study = studies.find(args.name)
    out = args.out or Path("runs") / f"study-{study.name}{'-quick' if args.quick else ''}"
    rerun.run(study, out, args.quick, lambda line: print(line, flush=True))
    print(f"results: {out}")
    return 0
