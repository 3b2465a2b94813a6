"""An attempt: one job evaluated here, whatever goes wrong becoming a typed outcome."""

from __future__ import annotations

import errno
import time
import traceback
from dataclasses import replace
from pathlib import Path

from nas.errors import NasError, RunError
from nas.execute._base import Evaluator
from nas.trial import Job, Kind, Outcome

FRAMES = 6  # of a traceback that are kept
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
_OUT_OF_MEMORY = (
    "MemoryError",
    "OutOfMemoryError",
)  # Python's and torch's, which needn't be loaded


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
    if any(each.__name__ in _OUT_OF_MEMORY for each in type(error).__mro__):
        return Kind.OUT_OF_MEMORY
    return Kind.CRASHED


def _reason(error: Exception) -> str:
    if isinstance(error, NasError):
        return str(error)
    what = "".join(traceback.format_exception_only(error)).strip()
    return f"{what}\n{''.join(traceback.format_tb(error.__traceback__, limit=-FRAMES))}".strip()


def _is_full(error: Exception) -> bool:
    """Whether the disk refused; safetensors says so only in its message."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    return any(f"(os error {code})" in str(error) for code in _FULL)
