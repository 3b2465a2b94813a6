"""Tables on the terminal: in colour and fitted to its width there, whole and plain in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE = 10_000  # columns: nothing is wrapped where nobody's window sets a width


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; numbers stand to the right, and only a column that `wraps` gives way in a narrow
    window."""

    title: str
    number: bool = False
    wraps: bool = False


def console() -> Console:
    """Standard output: as wide as the window, or as wide as the text where there is none."""
    return Console(
        file=sys.stdout, width=None if sys.stdout.isatty() else PIPE, highlight=False, markup=False
    )


def show(
    columns: Sequence[Column], rows: Iterable[Sequence[str]], total: Sequence[str] | None = None
) -> None:
    """Print a table; `total` is a last line, set apart."""
    table = Table(box=SIMPLE_HEAD, show_footer=total is not None, pad_edge=False, padding=(0, 1))
    for place, column in enumerate(columns):
        table.add_column(
            Text(column.title),
            footer=Text(total[place]) if total else "",
            justify="right" if column.number else "left",
            no_wrap=not column.wraps,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)
