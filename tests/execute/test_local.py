"""Local workers: a crash, a hang or a kill costs one job, and no process is left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from faulty import Faulty, children, run

from nas.errors import RunError
from nas.execute.local import Local
from nas.trial import Kind

MIXED = ["good", "raise", "hang", "kill", "memory", "nan", "good", "kill", "good", "good"]
EXPECTED = {
    "good": Kind.COMPLETE,
    "raise": Kind.CRASHED,
    "hang": Kind.TIMED_OUT,
    "kill": Kind.CRASHED,
    "memory": Kind.OUT_OF_MEMORY,
    "nan": Kind.DIVERGED,
}


def test_each_fault_is_its_own_outcome_and_costs_no_other_job(tmp_path):
    executor = Local(Faulty(), tmp_path, workers=2, limit=1.0)
    found = run(executor, MIXED)
    executor.close()
    assert [found[i].kind for i in range(len(MIXED))] == [EXPECTED[name] for name in MIXED]
    assert found[3].reason == "its process was killed (out of memory?)"
    assert found[2].reason == "stopped after 1 s; raise --trial-timeout if it should go on"
    assert 1.0 <= found[2].seconds < 30
    assert found[0].figures["process"] != os.getpid()
    assert not children()


def test_good_jobs_share_the_workers(tmp_path):
    executor = Local(Faulty(moment=0.2), tmp_path, workers=2)
    found = run(executor, ["good"] * 8)
    executor.close()
    assert len({outcome.figures["process"] for outcome in found.values()}) == 2


def test_a_full_disk_ends_the_search(tmp_path):
    executor = Local(Faulty(), tmp_path, workers=1)
    with pytest.raises(RunError, match="no room left"):
        run(executor, ["good", "disk"])
    executor.close()


def test_workers_die_with_their_driver(tmp_path):
    program = (
        "from pathlib import Path; from faulty import Faulty; from nas.trial import Job\n"
        "from nas.execute.local import Local\n"
        f"executor = Local(Faulty(), Path({str(tmp_path)!r}), 2)\n"
        "executor.submit(Job(0, 'hang', 0)); executor.submit(Job(1, 'good', 0))\n"
        "executor.wait(); print('up', flush=True); executor.submit(Job(2, 'hang', 0))\n"
        "executor.wait()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment
    ) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == b"up\n"
        assert len(children()) == 2
        driver.send_signal(signal.SIGKILL)
    end = time.monotonic() + 20
    while children() and time.monotonic() < end:
        time.sleep(0.1)
    assert not children()
