"""In this process: one job at a time, and whatever goes wrong becomes a typed outcome."""

import errno
from dataclasses import dataclass
from pathlib import Path

import pytest

from nas.errors import DataError, RunError
from nas.execute import InProcess
from nas.trial import Job, Kind, Outcome


class OutOfMemoryError(RuntimeError):
    """Named as torch's, which the executor must know without loading torch."""


@dataclass(frozen=True)
class Raises:
    error: BaseException | None = None

    def evaluate(self, job: Job, folder: Path) -> Outcome:
        if self.error is not None:
            raise self.error
        (folder / "weights.safetensors").write_text(job.genotype)
        return Outcome(job.number, Kind.COMPLETE, {"accuracy": 1.0})

    def test(self, genotype: str, weights: Path) -> dict[str, float]:
        raise NotImplementedError


JOB = Job(3, "a", seed=1)


def outcome(error: BaseException | None, folder: Path) -> Outcome:
    executor = InProcess(Raises(error), folder)
    assert executor.free == 1
    executor.submit(JOB)
    assert executor.free == 0
    (found,) = executor.wait()
    assert executor.free == 1
    return found


def test_a_job_is_evaluated_in_its_own_folder(tmp_path: Path) -> None:
    found = outcome(None, tmp_path / "trials")
    assert (found.number, found.kind) == (3, Kind.COMPLETE)
    assert 0 < found.seconds < 10
    assert (tmp_path / "trials" / "3" / "weights.safetensors").read_text() == "a"


@pytest.mark.parametrize(
    ("error", "kind", "first"),
    [
        (ValueError("odd"), Kind.CRASHED, "ValueError: odd"),
        (MemoryError(), Kind.OUT_OF_MEMORY, "MemoryError"),
        (OutOfMemoryError("CUDA"), Kind.OUT_OF_MEMORY, "OutOfMemoryError: CUDA"),
        (DataError("no such data"), Kind.CRASHED, "no such data"),
        (OSError(errno.ENOENT, "gone"), Kind.CRASHED, "gone"),
    ],
)
def test_errors_become_outcomes(error: Exception, kind: Kind, first: str, tmp_path: Path) -> None:
    found = outcome(error, tmp_path)
    assert found.kind == kind
    assert first in found.reason.splitlines()[0]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),
        RunError("weights: can't be written (No space left); make room"),
    ],
)
def test_a_full_disk_stops_the_search(error: Exception, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"can't be written \(.*No space left.*; make room"):
        outcome(error, tmp_path)


def test_ctrl_c_is_not_an_outcome(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        outcome(KeyboardInterrupt(), tmp_path)


def test_closed_it_forgets(tmp_path: Path) -> None:
    executor = InProcess(Raises(), tmp_path)
    executor.submit(JOB)
    executor.close()
    assert executor.wait() == []
