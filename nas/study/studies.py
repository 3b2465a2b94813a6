"""The repository's studies: what each one runs, as its `commands.toml` has it, and a run of it.

`studies/NAME/commands.toml` holds what the study is `about`, how long it takes (`time`) where that
is known, the variables of the environment that it `needs`, and its steps in order: the command
`run` as its README has it, from the repository's root; `quick`, what `--quick` runs instead, where
"" leaves the step out; `keep`, the file that what it prints is kept in, too; `resume`, what is run
instead once the path `begun` is there, where the command doesn't go on by itself. In these `{out}`
stands for the folder of the results, and $NAME for a variable.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import shlex
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nas.errors import RunError, UsageError, nearest

COMMANDS, RECORD = "commands.toml", "study.json"
PROGRAMS = {"python": (sys.executable,), "nas": (sys.executable, "-m", "nas.cli")}
PACKAGES = ("nas", "torch", "numpy", "optuna", "ray")
KEYS = {"about": str, "time": str, "needs": list, "step": list}
OPTIONAL = ("time", "needs")
STEP_KEYS = ("run", "quick", "keep", "resume", "begun")


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a study; `quick` None is the same command."""

    run: str
    quick: str | None = None
    keep: str = ""
    resume: str = ""
    begun: str = ""

    def command(self, out: Path, quick: bool) -> str:
        """What is run; nothing where the step is left out."""
        command = self.quick if quick and self.quick is not None else self.run
        begun = bool(self.begun) and Path(_placed(self.begun, out)).exists()
        return self.resume if command and begun else command


@dataclass(frozen=True, slots=True)
class RepositoryStudy:
    """A study as its folder describes it."""

    folder: Path
    about: str
    time: str  # for all of it, in words; "" where that isn't known
    needs: tuple[str, ...]  # variables of the environment
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def has_quick(self) -> bool:
        """Whether `--quick` makes a difference."""
        return any(step.quick is not None for step in self.steps)

    @classmethod
    def load(cls, folder: Path) -> RepositoryStudy:
        """The study in a folder. Raises `RunError` for a file that isn't as described above."""
        path = folder / COMMANDS
        try:
            held = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RunError(f"{path}: can't be read: {error}") from error
        for key, kind in KEYS.items():
            if key in OPTIONAL and key not in held:
                held[key] = kind()
            elif not isinstance(held.get(key), kind) or not held[key]:
                raise RunError(f"{path}: {key} must be a {kind.__name__} that isn't empty")
        for key in held:
            if key not in KEYS:
                raise RunError(f"{path}: {key} is not known{nearest(key, KEYS)}")
        steps = tuple(_step(each, f"{path}: step {n}") for n, each in enumerate(held["step"], 1))
        return cls(folder, held["about"], held["time"], tuple(held["needs"]), steps)


def _step(held: object, where: str) -> Step:
    if not isinstance(held, dict) or not held.get("run"):
        raise RunError(f'{where} needs a command: run = "python studies/..."')
    for key, value in held.items():
        if key not in STEP_KEYS:
            raise RunError(f"{where}: {key} is not known{nearest(key, STEP_KEYS)}")
        if not isinstance(value, str):
            raise RunError(f"{where}: {key} must be text, but got {value!r}")
    if ("resume" in held) != ("begun" in held):
        raise RunError(f"{where}: resume and begun go together; give both, or neither")
    return Step(**held)


def folder() -> Path:
    """`studies/` of the repository that this package is in, or else of the current directory.

    Raises `UsageError` where there is none: studies aren't installed with the package.
    """
    for root in (Path(__file__).parents[2], Path.cwd()):
        if any((root / "studies").glob(f"*/{COMMANDS}")):
            return root / "studies"
    raise UsageError(
        "the studies are in the project's repository, not in the installed package; go to a "
        "checkout of it and run `nas study` there"
    )


def known() -> dict[str, RepositoryStudy]:
    """Every study of the repository by name."""
    paths = sorted(folder().glob(f"*/{COMMANDS}"))
    return {path.parent.name: RepositoryStudy.load(path.parent) for path in paths}


def find(name: str) -> RepositoryStudy:
    """The study of that name. Raises `UsageError`, which names those that there are."""
    studies = known()
    if name not in studies:
        hint = nearest(name, studies) or f"; there are {', '.join(studies)}"
        raise UsageError(f"no study is called {name!r}{hint}")
    return studies[name]


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
    words = [_placed(word, out) for word in shlex.split(command)]
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


def _placed(text: str, out: Path) -> str:
    """A word of a command with the folder and variables put in."""
    return os.path.expandvars(text.replace("{out}", str(out.resolve())))


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
