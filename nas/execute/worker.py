"""A worker: one supervised child process that evaluates jobs one after another.

The same class serves on this machine and inside each Ray actor. A child that hangs is killed, one
that dies is replaced, and none outlives its parent.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from nas.errors import RunError
from nas.execute._base import Evaluator
from nas.execute.attempt import attempt
from nas.trial import Job, Kind, Outcome

_PROGRAM = "from nas.execute.worker import serve; serve({fd}, {parent})"
_PR_SET_PDEATHSIG = 1
KILLED = "its process was killed (out of memory?)"
GRACE = 120.0  # seconds for a child to import torch and say that it is ready
POLL = 0.5  # seconds between a child's looks at its parent


@dataclass(frozen=True, slots=True)
class Packed:
    """An evaluator on its way to a worker's child, which alone loads what it needs: torch takes
    seconds, and a Ray actor that holds the worker has no use for it."""

    pickled: bytes

    def __reduce__(self) -> tuple[Callable[[bytes], Any], tuple[bytes]]:
        return pickle.loads, (self.pickled,)


class Worker:
    """A child process with an evaluator; it is started by the first `submit` and again after a
    loss.

    `limit` is the most seconds for one job, None for no limit; `environment` is added to the
    child's.
    """

    def __init__(
        self,
        evaluator: Evaluator | Packed,
        scratch: Path,
        limit: float | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._evaluator = evaluator
        self._scratch = scratch
        self.limit = limit
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._job: Job | None = None
        self._began = 0.0
        self.connection: Connection | None = None
        self.deadline: float | None = None  # on the monotonic clock

    @property
    def busy(self) -> bool:
        """Whether it holds a job."""
        return self._job is not None

    def submit(self, job: Job) -> None:
        """Begin a job; the worker must not be busy."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        else:
            self._begin()
        self._job = job
        assert self.connection is not None
        with contextlib.suppress(OSError):  # it has just died: `collect` finds the connection's end
            self.connection.send(job.to_json())

    def collect(self) -> Outcome | None:
        """What came of the job, once `connection` is readable or the deadline has passed; None if
        it goes on.

        Raises `RunError` where the child can't write its files.
        """
        job, connection = self._job, self.connection
        assert job is not None
        assert connection is not None
        seconds = time.monotonic() - self._began
        if not connection.poll():
            if self.deadline is None or time.monotonic() < self.deadline:
                return None
            self.close()
            reason = f"stopped after {seconds:.0f} s; raise --trial-timeout if it should go on"
            return Outcome(job.number, Kind.TIMED_OUT, seconds=seconds, reason=reason)
        try:
            what, text = connection.recv()
        except (EOFError, OSError):
            return Outcome(job.number, Kind.CRASHED, seconds=seconds, reason=self._bury())
        if what == "ready":  # its imports don't count
            self._begin()
            return None
        self._job = None
        self.deadline = None
        if what == "refused":
            raise RunError(text)
        return Outcome.from_json(text)

    def finish(self) -> Outcome:
        """Block until the job ends, in whatever way."""
        while True:
            left = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
            assert self.connection is not None
            self.connection.poll(left)
            outcome = self.collect()
            if outcome is not None:
                return outcome

    def close(self) -> None:
        """Kill the child, with all processes that it started."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if self.connection is not None:
            self.connection.close()
        self.connection = self._job = self.deadline = None

    def _start(self) -> None:
        self.close()
        ours, theirs = socket.socketpair()
        with theirs:
            program = _PROGRAM.format(fd=theirs.fileno(), parent=os.getpid())
            self._process = subprocess.Popen(
                [sys.executable, "-c", program],
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C reaches the driver only
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self._environment},
            )
        self.connection = Connection(ours.detach())
        self.connection.send((self._evaluator, str(self._scratch)))
        self._began = time.monotonic()
        self.deadline = self._began + GRACE

    def _begin(self) -> None:
        self._began = time.monotonic()
        self.deadline = None if self.limit is None else self._began + self.limit

    def _bury(self) -> str:
        """Close what is left of a dead child; how it ended."""
        assert self._process is not None
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = 0
        self.close()
        if code == -signal.SIGKILL:
            return KILLED
        if code < 0:
            return f"its process was ended by {signal.Signals(-code).name}"
        return f"its process ended with exit code {code}"


def serve(descriptor: int, parent: int) -> None:
    """The child's side: evaluate what comes, until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(parent)
    connection = Connection(descriptor)
    try:
        evaluator, scratch = connection.recv()
    except Exception as error:
        connection.send(("refused", f"the evaluator can't be loaded in a worker: {error}"))
        return
    connection.send(("ready", ""))
    while True:
        try:
            job = Job.from_json(connection.recv())
        except EOFError:
            return
        try:
            outcome = attempt(evaluator, job, Path(scratch) / str(job.number))
        except RunError as error:
            connection.send(("refused", str(error)))
        else:
            connection.send(("outcome", outcome.to_json()))


def _die_with(parent: int) -> None:
    """End this process when its parent ends, by the kernel on Linux, and by looking everywhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(POLL)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
