"""A run's journal read from outside, at any moment: no lock is taken, Optuna is not loaded, and one
line at a time is held.

What a driver has half-written at the end (a torn line, a group that goes on) is not there yet.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeVar

from nas.errors import RunError
from nas.search.kept import KeptTrial

MORE = b',"more":true}\n'  # the end of a line whose group goes on
HOLDER = ".holder"  # in place of the journal's suffix: the file that names its driver
Read = TypeVar("Read", bound="Reading")
_HELD = re.compile(r"process (\d+) on (.+)")


class Operation(IntEnum):
    """What a line does: the numbers of Optuna's journal, those that we look at."""

    STUDY_ATTRIBUTE = 2
    CREATE_TRIAL = 4
    PARAMETER = 5
    STATE = 6
    ATTRIBUTE = 8
    SYSTEM_ATTRIBUTE = 9


@dataclass(slots=True)
class Reading:
    """All that a journal says of its trials but their parameters, and its `notes`; `elapsed` is in
    seconds, over all sittings, and `last` the moment of the last ask or tell."""

    notes: dict[str, Any] = field(default_factory=dict)
    trials: list[KeptTrial] = field(default_factory=list)
    last: datetime | None = None
    _sittings: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """What every trial of the run shares; empty before the driver's first entry."""
        return dict(self.notes.get("settings", {}))

    @property
    def elapsed(self) -> float:
        """From the first to the last entry of each sitting, added up."""
        return sum((end - begin).total_seconds() for begin, end in self._sittings.values())

    def take(self, log: dict[str, Any]) -> None:
        """Let one line's change be made."""
        match log["op_code"]:
            case Operation.STUDY_ATTRIBUTE:
                self.notes.update(log["user_attr"])
            case Operation.CREATE_TRIAL:
                ended = log.get("datetime_complete") is not None
                self.trials.append(KeptTrial(len(self.trials), log.get("user_attrs", {}), ended))
                self._stamp(log, log["datetime_start"])
            case Operation.ATTRIBUTE:
                self.trials[log["trial_id"]].held.update(log["user_attr"])
            case Operation.STATE:
                trial = self.trials[log["trial_id"]]
                trial.ended = trial.ended or "datetime_complete" in log
                trial.values = tuple(log["values"] or ())
                self._stamp(log, log.get("datetime_complete") or log.get("datetime_start"))

    def _stamp(self, log: dict[str, Any], text: str | None) -> None:
        if text is None:  # another program's, that waits
            return
        self.last = datetime.fromisoformat(text)
        sitting = log["worker_id"][:36]  # a UUID that is new in each; the thread's number follows
        begin, _ = self._sittings.get(sitting, (self.last, self.last))
        self._sittings[sitting] = (begin, self.last)


@dataclass(frozen=True, slots=True)
class Driver:
    """The process that wrote a run last; `writes` is None where it can't be seen from here."""

    process: int
    host: str
    writes: bool | None


def read(path: Path) -> Reading:
    """What the journal at `path` says by now. Raises `RunError` for one that can't be read."""
    return follow(path, Reading())


def follow(path: Path, reading: Read) -> Read:
    """`reading`, after all that the journal at `path` says by now. Raises `RunError` as `read`."""
    for number, line in _whole(path):
        try:
            reading.take(json.loads(line))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise RunError(
                f"{path}: line {number} is damaged: {line[:40]!r}; restore the file from a copy, "
                "or begin a new run (nothing was changed)"
            ) from error
    return reading


def _whole(path: Path) -> Iterator[tuple[int, bytes]]:
    """The numbered lines of all whole groups, without those of parameters, which are most."""
    group: list[tuple[int, bytes]] = []
    skipped = b'{"op_code":%d,' % Operation.PARAMETER
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return
                if not line.startswith(skipped):
                    group.append((number, line))
                if not line.endswith(MORE):
                    yield from group
                    group = []
    except OSError as error:
        raise RunError(f"{path}: can't be read: {error.strerror}") from error


def driver(path: Path) -> Driver | None:
    """Who wrote the journal at `path` last, and whether it does now; None if nobody is named."""
    try:
        found = _HELD.fullmatch(path.with_suffix(HOLDER).read_text().strip())
    except OSError:
        return None
    if found is None:
        return None
    process, host = int(found[1]), found[2]
    return Driver(process, host, _has_open(process, path) if host == socket.gethostname() else None)


def _has_open(process: int, path: Path) -> bool:
    """Whether a process of this machine lives and, where that can be seen, has `path` open."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        handles = list(Path(f"/proc/{process}/fd").iterdir())
    except OSError:
        return True
    return any(_same(handle, path) for handle in handles)


def _same(handle: Path, path: Path) -> bool:
    try:
        return handle.samefile(path)
    except OSError:
        return False


def ago(moment: datetime) -> float:
    """Seconds from `moment` to now."""
    return max(0.0, (datetime.now(UTC) - moment).total_seconds())
