"""A Markdown table that is filled up row by row, by a script that can be stopped and goes on."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

FAULT = "FAILED"  # how a cell begins that tells of one


def fill(
    about: str | None,
    heads: Sequence[str],
    names: Sequence[str],
    row: Callable[[str], Sequence[str]],
    order: Sequence[str] = (),
) -> None:
    """The script `about` this: print the row of each of the `names`, or of those on the command
    line, as soon as it is there; with `--into FILE` keep it there, in `order` (by default as they
    are done), and leave out those that FILE has. Exits with 1 if a cell tells of a fault.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("names", nargs="*", help=f"each a {heads[0]} (default: all)")
    parser.add_argument("--into", type=Path, help="a Markdown table to fill up")
    options = parser.parse_args()
    torch.set_num_threads(1)
    head = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    done = {}
    if options.into and options.into.exists():
        lines = options.into.read_text().splitlines()[len(head) :]
        done = {line.split(" | ")[0].removeprefix("| "): line for line in lines}
    for name in names:
        if name in done or (options.names and name not in options.names):
            continue
        done[name] = f"| {' | '.join((name, *row(name)))} |"
        print(done[name], flush=True)
        if options.into:
            rows = [done[each] for each in order or done if each in done]
            options.into.write_text("\n".join([*head, *rows]) + "\n")
    wrong = sum(FAULT in line for line in done.values())
    print(f"{len(done)} rows, {len(done) - wrong} without fault")
    sys.exit(bool(wrong))
