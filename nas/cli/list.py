"""`nas list`: the reference genotypes, what they cost and what was published about them."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nas.errors import UsageError, nearest
from nas.quantity import spoken

if TYPE_CHECKING:
    from nas.zoo import Reference

NAME = "list"
HELP = "list the reference genotypes with their costs and published errors"
DESCRIPTION = """\
List the reference genotypes: parameters and MACs are counted here for one image of the network's
own size, errors are quoted as published (single-crop ImageNet, percent) with their source.

Parameters are those in use; what auxiliary heads add in training is `training_params` in --json.
"""
SORTS = ("year", "name", "family", "params", "macs", "top1", "top5")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--family", metavar="F", help="only this family, such as ResNet")
    parser.add_argument(
        "--sort", choices=SORTS, default="year", help="smallest first (default: year)"
    )
    parser.add_argument("--json", action="store_true", help="exact figures, one object a reference")


def run(args: argparse.Namespace) -> int:
    """Print the table or its JSON."""
    from nas.zoo import references

    chosen = list(references().values())
    if args.family is not None:
        chosen = [one for one in chosen if one.family.lower() == args.family.lower()]
        if not chosen:
            families = list(dict.fromkeys(one.family for one in references().values()))
            hint = nearest(args.family, families) or f"; known: {', '.join(families)}"
            raise UsageError(f"--family {args.family}: no reference is of that family{hint}")
    rows = sorted(map(described, chosen), key=lambda row: _key(row[args.sort]))
    if args.json:
        print(json.dumps(rows, indent=2))
    else:
        _print(rows)
    return 0


def described(reference: Reference) -> dict[str, Any]:
    """A reference's facts, counts and published figures (errors in percent)."""
    from nas.report.zoo.records import record

    return asdict(record(reference))


def _key(value: object) -> tuple[bool, Any]:
    """What isn't published comes last."""
    return value is None, value.lower() if isinstance(value, str) else value


def _print(rows: list[dict[str, Any]]) -> None:
    from nas.report.table import Column, console, show

    notes: dict[str, int] = {}
    lines = []
    for row in rows:
        note = ""
        if row["source"] and (row["top1"] is not None or row["top5"] is not None):
            note = f"[{notes.setdefault(row['source'], len(notes) + 1)}]"
        lines.append(
            (
                str(row["year"]),
                row["name"],
                row["family"],
                spoken(row["params"]),
                spoken(row["macs"]),
                *(f"{row[k]:g}" if row[k] is not None else "-" for k in ("top1", "top5")),
                note,
                row["paper"],
            )
        )
    show(
        (
            Column("year", number=True),
            Column("name"),
            Column("family"),
            Column("params", number=True),
            Column("MACs", number=True),
            Column("top-1", number=True),
            Column("top-5", number=True),
            Column("from"),
            Column("paper", wraps=True),
        ),
        lines,
    )
    out = console()
    out.print("top-1, top-5: error in percent on ImageNet, one crop, as published in")
    for source, number in notes.items():
        out.print(f"  [{number}] {source}")
