"""`nas search` on a folder of one's own pictures."""

import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nas.cli import main

SPACE = (
    "image(3, 160, 160) >> conv(choice(4, 8), 5, stride=4) >> conv(choice(4, 8), 3, stride=4) "
    ">> classifier(10)"
)
HOW = ("--epochs", "1", "--trials", "1", "--gpus", "0", "--out", "run")


def pictures(place: Path, side: int, count: int = 10) -> None:
    """Noise, of two classes."""
    random = np.random.default_rng(side)
    for name in ("ant", "bee"):
        (place / name).mkdir(parents=True)
        for number in range(count):
            pixels = random.integers(0, 256, (side, side, 3), np.uint8)
            Image.fromarray(pixels).save(place / name / f"{number}.png")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the user stands in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_small_pictures_are_searched_at_their_size_and_the_best_trained_again_as_it_says(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures(here / "my photos", 24)
    data = "folder:my photos"
    assert main(["search", "--space", SPACE, "--data", data, *HOW]) == 0
    assert capsys.readouterr().out.startswith("images of 32x32 pixels\n")
    study = (here / "run/study.toml").read_text()
    assert "resolution = 32\n" in study
    assert "width = 0.25\n" in study
    best = here / "run/best"
    assert "image(3, 32, 32)" in (best / "genotype.nas").read_text()

    assert main(["search", "--resume", "run", "--trials", "2", "--gpus", "0"]) == 0
    assert main(["search", "--study", "run/study.toml", "--gpus", "0", "--out", "twin"]) == 0
    assert "image(3, 32, 32)" in (here / "twin/best/genotype.nas").read_text()
    assert main(["score", "run", "--data", data]) == 0

    lines = (best / "README.md").read_text().splitlines()
    command = next(line for line in lines if line.startswith("nas train"))
    monkeypatch.chdir(best)
    assert main([*shlex.split(command)[1:], "--gpus", "0"]) == 0
    again = (here / "run/again/weights.safetensors").read_bytes()
    assert again == (best / "weights.safetensors").read_bytes()


def test_large_pictures_keep_the_spaces_size_which_is_said_unless_told_otherwise(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures(here / "large", 200)
    words = ["search", "--space", SPACE, "--data", "folder:large", *HOW[:-1]]
    assert main([*words, "own", "--time", "9s"]) == 0
    said = capsys.readouterr().out
    line = "images of 160x160 pixels, which take a CPU long; --resolution 64 makes them smaller\n"
    assert said.startswith(line)
    assert "resolution" not in (here / "own/study.toml").read_text()
    assert "image(3, 160, 160)" in (here / "own/best/genotype.nas").read_text()
    assert main([*words, "told", "--resolution", "48"]) == 0
    assert capsys.readouterr().out.startswith("images of 48x48 pixels\n")
    assert "image(3, 48, 48)" in (here / "told/best/genotype.nas").read_text()
    assert main([*words, "none", "--resolution", "0"]) == 2
    assert "--resolution 0: must be at least 1" in capsys.readouterr().err


def test_what_no_candidate_could_be_trained_on_is_refused_before_a_run_is_made(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures(here / "few", 16, 2)
    pictures(here / "junk", 16, 20)
    for file in sorted((here / "junk/ant").iterdir()):
        file.write_bytes(file.read_bytes()[:60])
    for data, says in (
        ("few", "nas: few/ant holds 2 pictures, too few for 3 parts"),
        ("junk", "nas: junk: more than 5 of 32 images can't be decoded, such as ant/"),
    ):
        assert main(["search", "--space", SPACE, "--data", f"folder:{data}", *HOW]) == 1
        told = capsys.readouterr()
        assert told.err.splitlines()[-1].startswith(says)
        assert "trial" not in told.out
        assert not (here / "run").exists()


def test_without_test_pictures_the_best_is_told_by_its_validation(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures(here / "photos/train", 16)
    pictures(here / "photos/val", 17)
    assert main(["search", "--space", SPACE, "--data", "folder:photos", *HOW]) == 0
    said = capsys.readouterr().out
    assert "not tested: photos has no folder test; make one of pictures kept out of train" in said
    assert "best: run/best (trial 0): " in said
    assert "% valid., " in said
