"""How a run stands, in a few lines for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType

from nas.quantity import format_seconds
from nas.report.coefficients import Findings
from nas.report.coefficients import lines as told
from nas.report.live import draw
from nas.report.progress import Progress
from nas.report.trust import Trust

HOUR = 3600.0
MANY = 8  # numbers of trials that are written out


@dataclass(frozen=True, slots=True)
class Member:
    """A trial of the front: the objectives' values, and all its figures."""

    number: int
    genotype: str
    values: tuple[float, ...]
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Writer:
    """The process that wrote the run last; `writes` is None where that can't be seen from here."""

    process: int
    host: str
    writes: bool | None


@dataclass(frozen=True, slots=True)
class Status:
    """A run at one moment; times are in seconds, `idle` since the last ask or tell."""

    folder: Path
    driver: Writer | None
    progress: Progress
    waiting: tuple[int, ...]  # at a rung, for a promotion
    objectives: tuple[str, ...]
    best: Member | None
    front: tuple[Member, ...]
    trial_seconds: float  # that trials took, added up
    idle: float | None
    ended: str  # how the last sitting ended ("as its 30 trials are done"); nothing if none did yet
    broken_off: tuple[int, ...] = ()  # trials that ran as their driver ended, to be asked again
    believed: tuple[int, ...] = ()  # the front by predicted means, as a sitting ended
    trust: Trust | None = None  # of a search by a cheap evaluator
    findings: Findings | None = None  # of a search of scaling coefficients

    @property
    def rate(self) -> float | None:
        """Good trials an hour, or None before the first."""
        done, elapsed = self.progress.done, self.progress.elapsed
        return done / elapsed * HOUR if done and elapsed else None

    def as_json(self) -> dict[str, Any]:
        """Everything, as JSON values."""
        progress = self.progress
        return {
            "folder": str(self.folder),
            "driver": asdict(self.driver) if self.driver else None,
            "good": progress.done,
            "trials": progress.trials,
            "repeats": progress.repeats,
            "seconds": progress.seconds,
            "counts": dict(progress.counts),
            "running": list(progress.running),
            "waiting": list(self.waiting),
            "broken_off": list(self.broken_off),
            "elapsed": round(progress.elapsed, 3),
            "left": progress.left,
            "trial_seconds": round(self.trial_seconds, 3),
            "idle": self.idle,
            "per_hour": self.rate,
            "hypervolume": progress.hypervolume,
            "objectives": list(self.objectives),
            "best": asdict(self.best) if self.best else None,
            "front": [asdict(each) for each in self.front],
            "believed": list(self.believed),
            "ended": self.ended,
            "trust": self.trust.as_json() if self.trust else None,
            "coefficients": self.findings.as_json() if self.findings else None,
        }


def show(status: Status, console: Console) -> None:
    """Print it: who drives, what ran, the incumbent and the front; as plain lines in a pipe."""
    parts: list[RenderableType] = [_driver(status)]
    if console.is_terminal:
        parts.append(draw(status.progress))
    else:
        parts += _plain(status.progress)
    for part in (*parts, *_lines(status)):
        console.print(part, soft_wrap=isinstance(part, str))


def _plain(progress: Progress) -> list[str]:
    best = [f"best: {progress.best}"] if progress.best else []
    return [progress.headline(), *best, *(f"front: {each}" for each in progress.front)]


def _lines(status: Status) -> list[str]:
    lines = []
    if status.progress.running:
        lines.append(f"running: {_numbers(status.progress.running)}")
    if status.broken_off:
        again = _numbers(status.broken_off)
        lines.append(f"to be asked again when the search goes on: {again}")
    if status.waiting:
        lines.append(f"waiting for a promotion: {_numbers(status.waiting)}")
    if status.rate is not None:
        each = status.progress.elapsed / status.progress.done
        rate = f"{status.rate:,.0f}" if status.rate >= 100 else f"{status.rate:.3g}"
        what = "trainings" if status.progress.repeats else "good trials"
        lines.append(f"rate: {rate} {what} an hour, {format_seconds(each)} each")
    if len(status.objectives) > 1 and status.believed:
        lines.append(f"front by predicted means: {_numbers(status.believed)}")
    elif status.believed and status.best and status.believed[0] != status.best.number:
        lines.append(f"best by predicted mean: {_numbers(status.believed)}")
    if status.trust is not None:
        lines += status.trust.lines()
    if status.findings is not None:
        lines += told(status.findings, status.folder)
    return lines


def _driver(status: Status) -> str:
    last = "" if status.idle is None else f"; its last entry is {format_seconds(status.idle)} old"
    if status.ended:
        return f"{status.folder}: ended {status.ended}{last}"
    if status.driver is None:
        return f"{status.folder}: nobody is writing this run{last}"
    who = f"process {status.driver.process} on {status.driver.host}"
    if status.driver.writes is None:
        return f"{status.folder}: {who} wrote this run, which can't be seen from here{last}"
    if status.driver.writes:
        return f"{status.folder}: {who} is writing this run{last}"
    return f"{status.folder}: nobody is writing this run ({who} did){last}"


def _numbers(numbers: tuple[int, ...]) -> str:
    more = f" and {len(numbers) - MANY} more" if len(numbers) > MANY else ""
    return f"trial{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers[:MANY]))}{more}"
