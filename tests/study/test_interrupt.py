"""Ctrl-C: an entry is finished, a training is not, and a second one ends the process."""

import os
import signal
import subprocess
import sys
import time

import pytest

from nas.study.interrupt import Interrupt


def test_outside_what_is_allowed_it_only_asks() -> None:
    with Interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt), interrupt.allowed():
            pass


def test_inside_it_interrupts() -> None:
    def work() -> None:
        with Interrupt() as interrupt, interrupt.allowed():
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
            raise AssertionError("not interrupted")

    with pytest.raises(KeyboardInterrupt):
        work()


def test_afterwards_signals_are_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupt():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_the_second_ends_the_process() -> None:
    code = (
        "import os, signal\n"
        "from nas.study.interrupt import Interrupt\n"
        "with Interrupt():\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print('on', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print('never')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (130, "on\n")
