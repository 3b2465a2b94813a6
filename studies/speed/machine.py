"""What the figures were measured on, and whether it was quiet."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from pathlib import Path

import torch

QUIET = 0.5  # processes running or waiting, on average over the last minute


def quiet() -> bool:
    """Whether nothing else ran in the last minute, so that the wall's clock means something."""
    return os.getloadavg()[0] < QUIET


def told() -> list[str]:
    """Date, processor, threads, load, commit."""
    load = os.getloadavg()[0]
    state = "quiet" if quiet() else "noisy: CPU time counts, the wall's clock doesn't"
    return [
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC, commit {_commit()}",
        f"{_processor()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads of torch's, "
        f"Python {platform.python_version()}, {platform.system()} {platform.release()}",
        f"load {load:.1f} at the start ({state})",
    ]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    here = Path(__file__).parent
    asked = ["git", "describe", "--always", "--dirty"]
    said = subprocess.run(asked, cwd=here, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"
