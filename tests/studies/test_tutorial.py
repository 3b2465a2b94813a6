"""The tutorial is run from top to bottom, in an empty folder, as a reader would."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "studies" / "tutorial" / "README.md").read_text()
FENCE = re.compile(r"^```(console|python|nas)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(words: list[str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "OMP_NUM_THREADS": "1", "NAS_FORMATS": "all"},
    )
    assert done.returncode == 0, f"{words}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def test_everything_on_the_page_works(tmp_path: Path) -> None:
    printed = {}
    for kind, text in FENCE.findall(TEXT):
        if kind == "nas":
            (tmp_path / "space.nas").write_text(text)
        elif kind == "python":
            printed["python"] = run(["-c", text], tmp_path)
        else:
            for command in re.findall(r"^\$ nas (.*)$", text, re.MULTILINE):
                printed[command] = run(["-m", "nas.cli", *shlex.split(command)], tmp_path)
    assert "8 decisions, 576 points" in printed["show space.nas"]
    assert (tmp_path / "found" / "report" / "report.html").stat().st_size > 100_000
    assert (tmp_path / "space.svg").read_text().startswith("<svg")
    (accuracy,) = re.findall(r"^test: accuracy ([\d.]+)", _of(printed, "train"), re.MULTILINE)
    assert float(accuracy) > 0.5
    assert "+" in printed["diff found larger.nas"]
    assert 0 <= int(printed["python"]) < 10


def _of(printed: dict[str, str], begin: str) -> str:
    (found,) = (text for command, text in printed.items() if command.startswith(f"{begin} "))
    return found
