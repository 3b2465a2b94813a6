"""The live display of a search: a table that redraws itself, or plain lines where none watches."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from rich.console import (
    Console,
    ConsoleOptions,
    ConsoleRenderable,
    Group,
    RenderableType,
    RenderResult,
)
from rich.control import Control
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.segment import ControlType, Segment
from rich.table import Table
from rich.text import Text

from nas.quantity import format_count
from nas.report.progress import Progress

FRONT = 6  # members of the front that are shown, evenly from the most accurate to the smallest


class Display(Protocol):
    """Shows a search while `with display:` lasts."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""

    def say(self, text: str) -> None:
        """Show one line for good."""

    def told(self, text: str, better: bool, among: str = "") -> None:
        """Show what came of a trial; `better` marks a new best, `among` says of what."""


def display(progress: Callable[[], Progress], console: Console | None = None) -> Display:
    """A display for where the output goes; it calls `progress` whenever it draws.

    Plain lines go to files and pipes, to a terminal that can't move its cursor (TERM=dumb), and to
    a log of continuous integration (CI=true), which may call itself a terminal.
    """
    console = console or Console(highlight=False)
    logged = os.environ.get("CI", "").lower() not in ("", "0", "false")
    redraws = console.is_terminal and not console.is_dumb_terminal and not logged
    return Screen(progress, console) if redraws else Lines(progress, console)


class Lines:
    """One line per trial, for files and pipes."""

    def __init__(self, progress: Callable[[], Progress], console: Console) -> None:
        self._progress = progress
        self._console = console

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if kind is None:
            self.say(self._progress().headline())

    def say(self, text: str) -> None:
        """Print one line, never wrapped."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def told(self, text: str, better: bool, among: str = "") -> None:
        """Print what came of a trial."""
        self.say(f"{text} (best so far{among})" if better else text)


class Screen:
    """A block at the bottom of the terminal, redrawn four times a second; bests scroll above."""

    def __init__(self, progress: Callable[[], Progress], console: Console) -> None:
        self._progress = progress
        self._last = ""
        self._widths: list[int] = []
        self._live = _Block(
            get_renderable=self._draw, console=console, refresh_per_second=4, transient=False
        )
        self._live.widths = self._widths

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, _, __)

    def say(self, text: str) -> None:
        """Print one line above the block."""
        self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def told(self, text: str, better: bool, among: str = "") -> None:
        """Show the latest trial in the block; a new best scrolls above it."""
        self._last = text
        if better:
            self.say(f"{text} (best so far{among})")
        self._live.refresh()

    def _draw(self) -> RenderableType:
        return _Measured(draw(self._progress(), self._last), self._widths)


class _Block(Live):
    """A block that leaves nothing behind where the terminal became narrower: it takes into account
    that the terminal has broken the longer of its lines since. (One that cuts them instead, as
    xterm does, loses as many lines above.)"""

    widths: Sequence[int] = ()  # of the lines on the screen

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """What is printed, after the rows are erased that rich doesn't know of."""
        broken = sum(max(0, each - 1) // max(1, self.console.width) for each in self.widths)
        printed = super().process_renderables(renderables)
        if not broken:
            return printed
        erase = (ControlType.ERASE_IN_LINE, 2)
        rows = ((ControlType.CURSOR_UP, 1), erase) * broken
        return [Control(ControlType.CARRIAGE_RETURN, erase, *rows), *printed]


@dataclass(frozen=True)
class _Measured:
    """What notes, whenever it is printed, how wide its lines are."""

    content: RenderableType
    widths: list[int]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(self.content, options, pad=False)
        self.widths[:] = map(Segment.get_line_length, lines)
        for line in lines:
            yield from line
            yield Segment.line()


def draw(progress: Progress, last: str = "") -> RenderableType:
    """The block for one moment of a search."""
    bar = Table.grid()  # a bar alone would not end its line
    bar.add_row(ProgressBar(total=1.0, completed=progress.share, width=60))
    parts: list[RenderableType] = [Text(progress.headline()), bar]
    if last:
        parts.append(Text(f"last  {last}", style="dim", no_wrap=True, overflow="ellipsis"))
    if progress.best:
        parts.append(Text(f"best  {progress.best}", style="bold"))
        parts.append(_front(progress))
    return Group(*parts)


def _front(progress: Progress) -> Table:
    members = progress.front
    if len(members) > FRONT:
        step = (len(members) - 1) / (FRONT - 1)
        members = tuple(members[round(i * step)] for i in range(FRONT))
    table = Table(box=None, header_style="dim", pad_edge=False)
    measure = "score" if any(each.score is not None for each in members) else "accuracy"
    others = max((len(each.others) for each in members), default=0)
    for name in ("front", measure, *("" for _ in range(others)), "MACs", "parameters"):
        table.add_column(name, justify="right")
    for each in members:
        table.add_row(
            f"trial {each.number}",
            each.measured,
            *each.others,
            *("" for _ in range(others - len(each.others))),
            format_count(each.macs),
            format_count(each.params),
        )
    return table
