"""`nas diff`: what changed from one network to another, and what it costs."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from nas.quantity import spoken

if TYPE_CHECKING:
    from nas.genotype import Genotype

NAME = "diff"
HELP = "say what changed between two networks, and what it costs"
DESCRIPTION = """\
Compare two genotypes by structure: fields, repeats, blocks added, removed and replaced, each with
its places, and the difference in parameters and multiply-accumulates. Networks that are written
differently but compute the same are said to be the same.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    for name in ("before", "after"):
        parser.add_argument(name, help="a reference's name, a .nas file, a run's folder or text")
    parser.add_argument("--json", action="store_true", help="changes and exact figures")


def run(args: argparse.Namespace) -> int:
    """Print the changes; always 0, as a difference is no error."""
    import nas
    from nas.genotype import canonical_hash
    from nas.genotype.diff import diff

    before, after = nas.genotype(args.before), nas.genotype(args.after)
    changes = diff(before, after)
    same = not (before.open or after.open) and canonical_hash(before) == canonical_hash(after)
    costs = {} if before.open or after.open else _costs(before, after)
    if args.json:
        rows = [{"what": change.what, "places": change.places} for change in changes]
        print(json.dumps({"same_network": same, "changes": rows, **costs}, indent=2))
        return 0
    if same:
        print("the same network" + (", written differently" if changes else ""))
    for change in changes:
        print(change)
    for name, (was, now) in costs.items():
        share = f"{(now - was) / was:+.1%}" if was else "new"
        print(f"{name:6}  {spoken(was)} -> {spoken(now)}  ({share})")
    return 0


def _costs(before: Genotype, after: Genotype) -> dict[str, tuple[int, int]]:
    """Parameters and MACs of both."""
    import nas

    was, now = nas.cost(before), nas.cost(after)
    return {"params": (was.params, now.params), "macs": (was.macs, now.macs)}
