"""Runs the tutorial's page from top to bottom, in a new folder, as a reader would.

python studies/tutorial/page.py [--into FOLDER]
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).with_name("README.md")
FENCE = re.compile(r"^```(console|python|nas)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps() -> Iterator[tuple[str, str]]:
    """(kind, text) of what is run, in order: `nas` a command, `python` a program, `space` a file
    to be written."""
    for kind, text in FENCE.findall(PAGE.read_text()):
        if kind == "console":
            for command in re.findall(r"^\$ nas (.*)$", text, re.MULTILINE):
                yield "nas", command
        else:
            yield {"python": "python", "nas": "space"}[kind], text


def done(kind: str, text: str, folder: Path) -> str:
    """Do one step in the folder; what it printed."""
    if kind == "space":
        (folder / "space.nas").write_text(text)
        return ""
    words = ["-m", "nas.cli", *shlex.split(text)] if kind == "nas" else ["-c", text]
    ended = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "NAS_FORMATS": "all"},
    )
    if ended.returncode:
        raise RuntimeError(f"{text}\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}")
    return ended.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, help="a new folder (default: one for a while)")
    into = parser.parse_args().into
    if into is not None:
        into.mkdir(parents=True)
        run(into)
    else:
        with tempfile.TemporaryDirectory() as folder:
            run(Path(folder))


def run(folder: Path) -> None:
    """Do all steps in the folder, printing commands and what they print."""
    for kind, text in steps():
        if kind == "nas":
            print(f"$ nas {text}")
        print(done(kind, text, folder), flush=True)


if __name__ == "__main__":
    main()
