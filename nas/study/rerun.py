"""A study of the repository run again: its steps, what they print, and a note of the sitting."""

from __future__ import annotations

import json
import os
import platform
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nas.errors import RunError, UsageError
from nas.study.studies import RepositoryStudy, placed

RECORD = "study.json"
PROGRAMS = {"python": (sys.executable,), "nas": (sys.executable, "-m", "nas.cli")}
PACKAGES = ("nas", "torch", "numpy", "optuna", "ray")


def run(study: RepositoryStudy, out: Path, quick: bool, say: Callable[[str], None]) -> None:
    """Run a study's steps, one after another; what they print goes to `say`, line by line.

    `out`/study.json tells of every sitting: machine, versions, commands and their times. Raises
    `UsageError` where `quick` is asked of a study without or what it needs isn't there, and
    `RunError` where a step fails; the same call goes on then as far as the study's commands do.
    """
    if quick and not study.has_quick:
        raise UsageError(f"--quick: study {study.name} has no quick form; run it without --quick")
    for name in study.needs:
        if not os.environ.get(name):
            raise UsageError(
                f"study {study.name} needs the environment variable {name}; its README "
                f"({study.folder / 'README.md'}) says what it names"
            )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{out}: can't be made: {error.strerror}; choose another --out") from error
    sitting: dict[str, Any] = {"quick": quick, **_here(study.folder), "steps": []}
    for number, step in enumerate(study.steps, 1):
        command = step.command(out, quick)
        if not command:
            continue
        say(f"[{number}/{len(study.steps)}] {command}")
        began, used = time.monotonic(), _used()
        printed: list[str] = []
        try:
            for line in _lines(command, out, study.folder.parent.parent):
                printed.append(line)
                say(line)
        except subprocess.CalledProcessError as error:
            raise RunError(
                f"study {study.name}, step {number} (`{command}`) ended with exit code "
                f"{error.returncode}; repair what it says and run the same again, which goes on"
            ) from error
        if step.keep:
            (out / step.keep).write_text("".join(f"{each}\n" for each in printed), "utf-8")
        sitting["steps"].append(
            {
                "command": command,
                "seconds": round(time.monotonic() - began, 1),
                "cpu_seconds": round(_used() - used, 1),
            }
        )
        _note(out / RECORD, study.name, sitting)


def _lines(command: str, out: Path, root: Path) -> Iterator[str]:
    """What a command prints, as it does. Raises `CalledProcessError` where it fails."""
    words = [placed(word, out) for word in shlex.split(command)]
    words = [*PROGRAMS.get(words[0], (words[0],)), *words[1:]]
    with subprocess.Popen(
        words,
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                yield line.rstrip("\n")
        except KeyboardInterrupt:
            process.wait()  # it has got the signal, too, and closes its files
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)


def _here(folder: Path) -> dict[str, Any]:
    """The machine, the versions and the time."""
    from nas.latency.bench import processor

    asked = ("git", "-C", str(folder), "rev-parse", "--short", "HEAD")
    try:
        commit = subprocess.run(asked, capture_output=True, text=True).stdout.strip()
    except OSError:
        commit = ""
    return {
        "began": datetime.now().astimezone().isoformat(timespec="milliseconds"),
        "machine": f"{processor()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in PACKAGES},
        },
        "commit": commit,
    }


def _used() -> float:
    """Seconds of processor time of all commands that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _note(path: Path, name: str, sitting: Mapping[str, Any]) -> None:
    """Write a sitting down, behind those of before."""
    try:
        before = json.loads(path.read_text(encoding="utf-8"))["sittings"]
    except (OSError, ValueError, KeyError):
        before = []
    kept = [each for each in before if each["began"] != sitting["began"]]
    held = {"study": name, "sittings": [*kept, sitting]}
    path.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
