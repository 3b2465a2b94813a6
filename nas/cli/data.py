"""`nas data`: the data sets, whether their files are here, and how they come here."""

from __future__ import annotations

import argparse
import json
from typing import Any

from nas.cli._data import fetched

NAME = "data"
HELP = "list the data sets, fetch their files"
DESCRIPTION = """\
`nas data list` shows every data set: its images, its classes, its licence, whether its files are
here. `nas data download cifar10` fetches files from the official address, goes on where a transfer
broke off, and checks them.

Files are looked for in $NAS_DATA/NAME/, without that variable in ~/.cache/nas/NAME/, and where
Debian's packages put them. NAME:FOLDER names another folder; folder:FOLDER and npz:FILE are images
of your own.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list the data sets")
    listing.add_argument("--json", action="store_true", help="one object a data set")
    fetching = actions.add_parser("download", help="fetch a data set's files")
    fetching.add_argument("name", help="the data set, such as cifar10")


def run(args: argparse.Namespace) -> int:
    """Print the list, or fetch the files and say where they are."""
    if args.action == "download":
        paths = fetched(args.name)
        print("\n".join(map(str, paths)) or f"{args.name}: nothing to download")
        return 0
    from nas.data import names

    rows = [described(name) for name in names()]
    if args.json:
        print(json.dumps(rows, indent=2))
    else:
        _print(rows)
    return 0


def described(name: str) -> dict[str, Any]:
    """A data set's facts; what depends on the user's own files is None."""
    from nas.data import argument, load

    if needed := argument(name):
        return {
            "name": f"{name}:{needed}",
            "shape": None,
            "classes": None,
            "images": None,
            "licence": "your own",
            "here": None,
            "source": None,
        }
    data = load(name)
    return {
        "name": name,
        "shape": list(data.shape),
        "classes": len(data.classes),
        "images": list(data.sizes) or None,
        "licence": data.licence,
        "here": data.origin is None or data.origin.complete,
        "source": data.source,
    }


def _print(rows: list[dict[str, Any]]) -> None:
    from nas.report.table import Column, console, show

    here = {True: "yes", False: "no", None: ""}
    show(
        (
            Column("name"),
            Column("image", number=True),
            Column("classes", number=True),
            Column("train", number=True),
            Column("validation", number=True),
            Column("test", number=True),
            Column("here"),
            Column("licence", wraps=True),
        ),
        [
            (
                row["name"],
                "x".join(map(str, row["shape"] or ())),
                str(row["classes"] or ""),
                *(f"{count:,}" for count in row["images"] or ()),
                *([""] * (0 if row["images"] else 3)),
                here[row["here"]],
                row["licence"],
            )
            for row in rows
        ],
    )
    console().print("Missing files: `nas data download NAME`; images of your own: folder:, npz:.")
