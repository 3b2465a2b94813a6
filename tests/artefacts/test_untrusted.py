"""Files of strangers: a pickle or code in the place of each costs a sentence, and runs nothing."""

import io
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nas import cli
from nas.report.best import Best, publish

TEXT = "image(1, 8, 8) >> conv(4, 3) >> classifier(10)"


class Trap:
    """Makes a folder where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


def traps(mark: Path) -> dict[str, bytes]:
    """The same trap as a pickle, as torch saves one, as numpy does, and as source."""
    saved, stored = io.BytesIO(), io.BytesIO()
    torch.save({"x": Trap(mark)}, saved)
    np.savez(stored, x=np.array([Trap(mark)], dtype=object))
    return {
        "pickle": pickle.dumps(Trap(mark)),
        "torch": saved.getvalue(),
        "numpy": stored.getvalue(),
        "source": f"__import__('os').mkdir({str(mark)!r})\n".encode(),
    }


def test_the_traps_work(tmp_path: Path) -> None:
    """Otherwise nothing below shows anything."""
    for number, kind in enumerate(["pickle", "torch", "numpy", "source"]):
        mark = tmp_path / str(number)
        content = traps(mark)[kind]
        if kind == "pickle":
            pickle.loads(content)
        elif kind == "torch":
            torch.load(io.BytesIO(content), weights_only=False)
        elif kind == "numpy":
            np.load(io.BytesIO(content), allow_pickle=True)["x"]
        else:
            exec(content)
        assert mark.exists(), kind


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    command = ["search", "--space", "image(1, 8, 8) >> conv(choice(4, 8), 3) >> classifier(10)"]
    options = ["--trials", "1", "--epochs", "1", "--out", str(folder / "run"), "--seed", "0"]
    assert cli.main([*command, *options]) == 0
    return folder / "run"


# command in the folder of the run, the file that is replaced
CASES = [
    (["compile", "best", "--out", "../out"], "best/genotype.nas"),
    (["compile", "best", "--out", "../out"], "best/weights.safetensors"),
    (["compile", ".", "--out", "../out"], "best/cost.json"),
    (["compile", ".", "--trial", "1", "--out", "../out"], "journal.log"),
    (["score", "best", "--data", "digits"], "best/weights.safetensors"),
    (["cost", "best/genotype.nas"], "best/genotype.nas"),
    (["status", "."], "journal.log"),
    (["status", "."], "study.toml"),
    (["search", "--resume", ".", "--trials", "2"], "journal.log"),
    (["search", "--resume", ".", "--trials", "2"], "study.toml"),
    (["search", "--study", "study.toml"], "study.toml"),
    (["search", "--space", "space.nas", "--trials", "1"], "space.nas"),
    (["train", TEXT, "--recipe", "recipe.toml", "--out", "../out"], "recipe.toml"),
    (["train", TEXT, "--epochs", "1", "--out", ".", "--resume"], "checkpoint.safetensors"),
    (["train", TEXT, "--data", "npz:data.npz", "--out", "../out"], "data.npz"),
    (["compile", TEXT, "--weights", "other.safetensors", "--out", "../out"], "other.safetensors"),
    (["compile", TEXT, "--weights", "other.pth", "--out", "../out"], "other.pth"),
]


@pytest.mark.parametrize("kind", ["pickle", "torch", "numpy", "source"])
@pytest.mark.parametrize(("command", "file"), CASES, ids=[f"{c[0]} {f}" for c, f in CASES])
def test_a_trap_is_told_and_not_run(
    command: list[str],
    file: str,
    kind: str,
    run_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mark = tmp_path / "mark"
    shutil.copytree(run_folder, tmp_path / "run")
    line = b"\n" * file.endswith(".log")  # what ends in none was half-written, and is cut off
    (tmp_path / "run" / file).write_bytes(traps(mark)[kind] + line)
    monkeypatch.chdir(tmp_path / "run")
    assert cli.main(command) in (1, 2)
    said = capsys.readouterr().err.strip()
    assert said.startswith("nas: ")
    assert "Traceback" not in said
    assert not mark.exists()


def test_code_in_a_folder_is_not_run(tmp_path: Path) -> None:
    """model.py is for those who trust it; nas reads the genotype and the weights."""
    import nas

    weights = tmp_path / "weights"
    from nas.train.checkpoint import save

    save(nas.compile(TEXT, seed=0), weights)
    publish(Best(0, TEXT, {"accuracy": 0.1}, "nas train"), weights, tmp_path / "best")
    (tmp_path / "best" / "model.py").write_bytes(traps(tmp_path / "mark")["source"])
    assert nas.load(tmp_path / "best").genotype == str(nas.parse(TEXT))
    assert not (tmp_path / "mark").exists()


def test_a_run_holds_no_pickles(run_folder: Path) -> None:
    """Neither raw ones nor the archives in which torch and numpy keep them."""
    files = [path for path in run_folder.rglob("*") if path.is_file()]
    assert len(files) > 6
    for path in files:
        begin = path.read_bytes()[:4]
        assert begin[:1] != b"\x80", path
        assert path.suffix == ".pt2" or begin != b"PK\x03\x04", path
