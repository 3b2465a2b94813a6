"""best/: complete at every moment."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nas.artefacts import folder as folders
from nas.artefacts.whole import FILES
from nas.errors import RunError
from nas.report.best import Best, holds, publish


def sample(trial: int) -> Best:
    return Best(trial, f"image(1, 8, 8) >> conv({trial + 1})", {"accuracy": 0.9}, "nas train x")


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "trained"
    path.write_text("weights")
    return path


def test_it_holds_genotype_weights_cost_and_command(tmp_path: Path, weights: Path) -> None:
    publish(sample(5), weights, tmp_path / "best")
    held = {path.name: path.read_text() for path in (tmp_path / "best").iterdir()}
    assert sorted(held) == sorted(FILES)
    assert held["genotype.nas"] == "image(1, 8, 8) >> conv(6)\n"
    assert held["weights.safetensors"] == "weights"
    told = json.loads(held["cost.json"])
    assert told["cost"]["macs"] == 8 * 8 * 6  # a 1x1 filter a channel
    assert told["validation"] == {"accuracy": 0.9}
    assert "\nnas train x\n" in held["README.md"]
    assert holds(tmp_path / "best", sample(5))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best", "trained"]


@pytest.mark.parametrize("exchange", [True, False])
def test_the_next_replaces_it(
    exchange: bool, tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchange:
        monkeypatch.setattr(folders.ctypes, "CDLL", lambda _: object())
    for trial in (1, 2, 3):
        publish(sample(trial), weights, tmp_path / "best")
        assert holds(tmp_path / "best", sample(trial))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best", "trained"]


def test_a_reader_never_finds_a_file_missing(tmp_path: Path, weights: Path) -> None:
    folder, missing, stop = tmp_path / "best", [], threading.Event()
    names = ("genotype.nas", "weights.safetensors", "cost.json", "README.md")
    publish(sample(0), weights, folder)

    def read() -> None:
        while not stop.is_set():
            missing.extend(name for name in names if not (folder / name).exists())

    reader = threading.Thread(target=read)
    reader.start()
    for trial in range(60):
        publish(sample(trial), weights, folder)
    stop.set()
    reader.join()
    assert missing == []
    assert holds(folder, sample(59))


def test_what_is_no_whole_folder_holds_nothing(tmp_path: Path) -> None:
    assert not holds(tmp_path / "absent", sample(0))
    (tmp_path / "cost.json").write_text("{")
    assert not holds(tmp_path, sample(0))


def test_where_it_can_not_be_written_the_old_one_stays(tmp_path: Path, weights: Path) -> None:
    publish(sample(1), weights, tmp_path / "best")
    code = (
        "import resource, sys; from pathlib import Path\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from test_best import *\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3, 3))\n"
        "try: publish(sample(2), Path(sys.argv[1]) / 'trained', Path(sys.argv[1]) / 'best')\n"
        "except RunError as error: print(error)"
    )
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), here], capture_output=True, text=True
    )
    assert "best: can't be written (File too large); the best before is still there" in done.stdout
    assert holds(tmp_path / "best", sample(1))
    with pytest.raises(RunError, match="can't be written"):
        publish(sample(2), Path(os.devnull) / "absent", tmp_path / "best")
