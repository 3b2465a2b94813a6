"""The display of a training: one line that lives, or one line an epoch where none watches."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from nas.train import Epoch


class Display(Protocol):
    """Shows a training while `with display:` lasts."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""

    def step(self, step: int, steps: int, loss: float) -> None:
        """Show that so many steps of all are done."""

    def epoch(self, epoch: Epoch, accuracy: float) -> None:
        """Show an epoch and the validation accuracy after it, for good."""


def display(epochs: int, console: Console | None = None) -> Display:
    """A display of a training of so many epochs, for where the output goes."""
    console = console or Console(highlight=False)
    return Screen(epochs, console) if console.is_terminal else Lines(epochs, console)


@dataclass(slots=True)
class Pace:
    """How long a training still takes, going on as since its first step in this process."""

    begun: float = 0.0
    first: int = 0
    seconds: float = 0.0

    def at(self, step: int, steps: int) -> None:
        """Note that `step` of `steps` is done now."""
        if not self.begun:
            self.begun, self.first = time.monotonic(), step
        since = step - self.first
        if since:
            self.seconds = (time.monotonic() - self.begun) / since * (steps - step)

    @property
    def left(self) -> str:
        """Hours, minutes and seconds."""
        return str(timedelta(seconds=round(self.seconds)))


@dataclass(slots=True)
class Lines:
    """One line per epoch, for files and pipes."""

    epochs: int
    console: Console
    pace: Pace = field(default_factory=Pace)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        return

    def step(self, step: int, steps: int, loss: float) -> None:
        """Keep time."""
        self.pace.at(step, steps)

    def epoch(self, epoch: Epoch, accuracy: float) -> None:
        """Print one line."""
        text = told(epoch, self.epochs, accuracy)
        left = f", {self.pace.left} left" if epoch.number < self.epochs else ""
        self.console.print(text + left, markup=False, highlight=False, soft_wrap=True)


class Screen:
    """A bar at the bottom of the terminal; epochs scroll above it."""

    def __init__(self, epochs: int, console: Console) -> None:
        self._epochs, self._pace = epochs, Pace()
        self._progress = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            TextColumn("loss {task.fields[loss]}, {task.fields[left]} left"),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._progress.stop()

    def step(self, step: int, steps: int, loss: float) -> None:
        """Move the bar."""
        self._pace.at(step, steps)
        number = (step - 1) * self._epochs // steps + 1
        epoch, left = f"{number}/{self._epochs}", self._pace.left
        if self._task is None:
            self._task = self._progress.add_task("", total=steps, epoch="", loss="", left="")
        self._progress.update(
            self._task, completed=step, epoch=epoch, loss=f"{loss:.4f}", left=left
        )

    def epoch(self, epoch: Epoch, accuracy: float) -> None:
        """Print one line above the bar."""
        self._progress.print(told(epoch, self._epochs, accuracy), markup=False, highlight=False)


def told(epoch: Epoch, epochs: int, accuracy: float) -> str:
    """One line of text for an epoch."""
    return (
        f"epoch {epoch.number}/{epochs}: loss {epoch.loss:.4f}, accuracy {accuracy:.4f}, "
        f"{epoch.speed:.0f} images/s"
    )
