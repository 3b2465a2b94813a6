"""`nas --help`: time until it has answered, in processes of its own."""

from __future__ import annotations

import subprocess
import sys
import time

from abba import children, spread


def main(runs: int = 11) -> None:
    for label, command in (
        ("nas --help", [sys.executable, "-m", "nas.cli", "--help"]),
        ("python -c pass", [sys.executable, "-c", "pass"]),
    ):
        wall, cpu = [], []
        for run in range(runs + 1):
            begin, used = time.perf_counter(), children()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            if run:  # the first fills the disk's cache
                wall.append(time.perf_counter() - begin)
                cpu.append(children() - used)
        print(f"{label}: {spread(wall)} wall, {spread(cpu)} CPU, {runs} runs")


if __name__ == "__main__":
    main()
