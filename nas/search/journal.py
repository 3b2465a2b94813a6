"""The journal: Optuna's log of a study in one file that exactly one driver writes.

Same lines as `optuna.storages.journal.JournalFileBackend`, so that the stock class and
optuna-dashboard read it. What differs: one lock, which the kernel frees when the driver dies; one
write and one fsync per group of lines instead of per line; and a group is in the file whole or not
at all: every line of a group but the last bears `"more": true` (which Optuna ignores), and an
unfinished group at the end, left by a kill or a full disk, is cut off before anything is appended.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import mmap
import os
import socket
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from optuna.storages.journal import BaseJournalBackend

from nas.errors import RunError
from nas.search.reading import HOLDER, MORE


class OneWriterJournal(BaseJournalBackend):
    """Appends to `path` in groups (`with journal: ...`), under a lock held until `close`.

    `cut` is the number of bytes of an unfinished group that were cut off on opening, 0 if none;
    they are kept in `path` + ".cut". Raises `RunError`: another driver holds the file, it
    is damaged, it can't be written (then it holds everything up to the last whole group).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut = 0
        self._pending: list[bytes] = []  # lines of the open group
        self._unread: list[dict[str, Any]] = []  # written or pending, not yet replayed by Optuna
        self._depth = 0
        self._failed = ""
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise RunError(f"{path}: can't be opened for writing: {error.strerror}") from error
        try:
            self._lock()
            self._good = self._cut_tail()
        except BaseException:
            os.close(self._file)
            raise
        self._loaded = self._good == 0
        # A forked child (a data loader's worker) must not keep the lock after its parent's death.
        alive = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _forget(alive()))

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """The logs not read yet: at first the file's, line by line; then what was appended."""
        if not self._loaded:
            self._loaded = True
            yield from self._lines()
        unread, self._unread = self._unread, []
        yield from unread

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append to the open group, or as a group of their own if none is open."""
        if self._failed:
            raise RunError(self._failed)
        for log in logs:
            line = json.dumps(log, separators=(",", ":")).encode()
            self._unread.append(json.loads(line))  # as a resumed run would read it
            self._pending.append(line)
        if not self._depth:
            self._commit()

    def __enter__(self) -> Self:
        self._depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._depth -= 1
        if kind is not None:
            # Optuna has replayed a part of the group already, so this process can't go on with it.
            self._pending = []
            self._failed = self._failed or f"{self.path}: an entry was given up half-way"
        elif not self._depth:
            self._commit()

    def close(self) -> None:
        """Free the lock; what was committed is on disk already."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            self._failed = self._failed or f"{self.path}: the journal is closed"

    def _commit(self) -> None:
        if not self._pending:
            return
        *others, last = self._pending
        data = b"".join(line[:-1] + MORE for line in others) + last + b"\n"
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, data[written:])
            os.fsync(self._file)
        except OSError as error:
            self._failed = self._refuse(error)
            raise RunError(self._failed) from error
        self._good += len(data)
        self._pending = []

    def _refuse(self, error: OSError) -> str:
        """Take back what was written of the group; the sentence that says what is safe."""
        with contextlib.suppress(OSError):  # else it will be cut off at the next opening
            os.ftruncate(self._file, self._good)
        return (
            f"{self.path}: can't be written ({error.strerror}); every trial told before is safe "
            f"in it: make room, then go on with `nas search --resume {self.path.parent}`"
        )

    def _lock(self) -> None:
        holder = self.path.with_suffix(HOLDER)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            who = holder.read_text().strip() if holder.exists() else "another process"
            raise RunError(
                f"{self.path.parent}: {who} is writing this run; wait until it ends, or stop it"
            ) from error
        except OSError as error:
            raise RunError(f"{self.path}: can't be locked: {error.strerror}") from error
        try:
            holder.write_text(f"process {os.getpid()} on {socket.gethostname()}\n")
        except OSError as error:
            raise RunError(f"{holder}: can't be written: {error.strerror}") from error

    def _cut_tail(self) -> int:
        """Cut an unfinished group off the end; the offset of the end, in bytes."""
        size = os.fstat(self._file).st_size
        if not size:
            return 0
        with mmap.mmap(self._file, size, access=mmap.ACCESS_READ) as view:
            end = view.rfind(b"\n") + 1
            last = view.rfind(b"\n", 0, max(0, end - 1)) + 1
            if end == size and _parse(view[last:end]) is None:
                end = last
            while end:
                start = view.rfind(b"\n", 0, end - 1) + 1
                if not view[start:end].endswith(MORE):
                    break
                end = start
            tail = view[end:]
        if tail:
            self.cut = len(tail)
            try:
                with self.path.with_name(self.path.name + ".cut").open("ab") as kept:
                    kept.write(tail + b"\n")
            except OSError:  # a full disk must not keep a run from being opened
                pass
            os.ftruncate(self._file, end)
            os.fsync(self._file)
        return end

    def _lines(self) -> Iterator[dict[str, Any]]:
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if (log := _parse(line)) is None:
                    raise RunError(
                        f"{self.path}: line {number} is damaged: {line[:40]!r}; restore the file "
                        "from a copy, or begin a new run (nothing was changed)"
                    )
                yield log


def _parse(line: bytes) -> dict[str, Any] | None:
    """The log on this line, or None if there is none."""
    try:
        log = json.loads(line)
    except ValueError:
        return None
    return log if isinstance(log, dict) and "op_code" in log else None


def _forget(journal: OneWriterJournal | None) -> None:
    if journal is not None:
        journal.close()
