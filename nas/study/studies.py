"""The repository's studies: what each one runs, as its `commands.toml` has it.

`studies/NAME/commands.toml` holds what the study is `about`, how long it takes (`time`) where that
is known, the variables of the environment that it `needs`, and its steps in order: the command
`run` as its README has it, from the repository's root; `quick`, what `--quick` runs instead, where
"" leaves the step out; `keep`, the file that what it prints is kept in, too; `resume`, what is run
instead once the path `begun` is there, where the command doesn't go on by itself. In these `{out}`
stands for the folder of the results, and $NAME for a variable.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from nas.errors import RunError, UsageError, nearest

COMMANDS = "commands.toml"
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
        begun = bool(self.begun) and Path(placed(self.begun, out)).exists()
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


def placed(text: str, out: Path) -> str:
    """A word of a command with the folder and the variables put in."""
    return os.path.expandvars(text.replace("{out}", str(out.resolve())))
