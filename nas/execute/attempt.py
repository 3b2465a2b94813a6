"""An attempt: one job evaluated here, whatever goes wrong becoming a typed outcome."""

from __future__ import annotations

import errno
import time
import traceback
from dataclasses import replace
from pathlib import Path

from nas.errors import DivergenceError, NasError, RunError, out_of_memory
from nas.execute._base import Evaluator
from nas.trial import Job, Kind, Outcome

FRAMES = 6  # of a traceback that are kept
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
REASON = 4096  # bytes of a reason that are kept


def attempt(evaluator: Evaluator, job: Job, folder: Path) -> Outcome:
    """The outcome of `job`, timed; never raises for what the candidate did.

    Raises `RunError` if its files can't be written: then every other job would fail, too.
    """
    start = time.monotonic()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        outcome = evaluator.evaluate(job, folder)
    except RunError:
        raise
    except Exception as error:
        if _is_full(error):
            raise RunError(
                f"{folder}: can't be written ({error}); make room on the disk"
            ) from error
        outcome = Outcome(job.number, _kind(error), reason=_reason(error))
    return replace(outcome, number=job.number, seconds=time.monotonic() - start)


def _kind(error: Exception) -> Kind:
    if isinstance(error, DivergenceError):
        return Kind.DIVERGED
    return Kind.OUT_OF_MEMORY if out_of_memory(error) else Kind.CRASHED


def _reason(error: Exception) -> str:
    """The error and the last frames that led to it, in at most `REASON` bytes."""
    if isinstance(error, NasError):
        return str(error)
    what = "".join(traceback.format_exception_only(error)).strip()
    frames = "".join(traceback.format_tb(error.__traceback__, limit=-FRAMES))
    return f"{what}\n{frames}".encode()[:REASON].decode(errors="ignore").strip()


def _is_full(error: Exception) -> bool:
    """Whether the disk refused; safetensors says so only in its message."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    return any(f"(os error {code})" in str(error) for code in _FULL)
