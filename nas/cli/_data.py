"""A data set, as options of the commands that use one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID

DIGITS = "digits"


def add_data(where: argparse._ActionsContainer, default: str | None = DIGITS) -> None:
    """Declare --data; None as its `default` shows whether it was given."""
    where.add_argument("--data", default=default, help=f"the data set (default: {DIGITS})")


def add_download(where: argparse._ActionsContainer) -> None:
    """Declare --download."""
    where.add_argument(
        "--download", action="store_true", help="fetch the data set's files if they aren't here"
    )


def fetched(name: str) -> tuple[Path, ...]:
    """Where the files of the data set `name` are, once they are here; progress goes to stderr."""
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from nas.data import download, load

    data = load(name)
    columns = (TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(file: str, done: int, total: int) -> None:
            if file not in tasks:
                tasks[file] = progress.add_task(file)
            progress.update(tasks[file], completed=done, total=total or None)

        return download(data, tell)
