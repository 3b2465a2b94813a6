"""`nas show --svg` and `--png`."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest

from nas import cli

TINY = "image(3, 8, 8) >> conv(8, 3) >> classifier(2)"


def test_a_reference_is_drawn_with_its_paper(tmp_path: Path, capsys) -> None:
    file = tmp_path / "drawing.svg"
    assert cli.main(["show", "resnet18", "--svg", str(file)]) == 0
    assert capsys.readouterr().out == f"drawn: {file}\n"
    texts = [node.text for node in ElementTree.parse(file).iter() if node.tag.endswith("text")]
    assert texts[0] == "resnet18"
    assert "arXiv:1512.03385 (2015)" in str(texts[1])


@pytest.mark.parametrize(("options", "width"), [([], 1600), (["--width", "800", "--dark"], 800)])
def test_a_png_is_as_wide_as_asked(options: list[str], width: int, tmp_path: Path) -> None:
    file = tmp_path / "drawing.png"
    assert cli.main(["show", TINY, "--png", str(file), *options]) == 0
    data = file.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", data[16:20]) == (width,)


def test_a_run_is_its_best(tmp_path: Path) -> None:
    best = tmp_path / "run7" / "best"
    best.mkdir(parents=True)
    (best / "genotype.nas").write_text(TINY)
    scores = {"trial": 12, "validation": {"accuracy": 0.9731}}
    (best / "cost.json").write_text(json.dumps(scores))
    file = tmp_path / "drawing.svg"
    assert cli.main(["show", str(best.parent), "--svg", str(file)]) == 0
    drawn = file.read_text()
    assert ">run7<" in drawn
    assert "trial 12: accuracy 0.9731 (validation)" in drawn


def test_a_file_and_a_part_on_an_image(tmp_path: Path) -> None:
    part, file = tmp_path / "part.nas", tmp_path / "drawing.svg"
    part.write_text("conv(16, 3) >> maxpool(2, stride=2)")
    assert cli.main(["show", str(part), "--image", "3,32,32", "--svg", str(file)]) == 0
    assert ">part<" in file.read_text()
    assert "16 × 32 × 32" in file.read_text()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--svg", "{here}/no/x.svg"], 1, "can't be written (No such file or directory); name a"),
        (["--png", "{here}/x.jpg"], 2, "x.jpg: must end in .png, as programs go by the name"),
        (["--svg", "{here}"], 2, "must end in .svg"),
        (["--width", "800"], 2, "--width is a PNG's; give it with --png FILE"),
        (["--png", "x.png", "--width", "7"], 2, "--width must be from 100 to 16000 pixels"),
        (["--png", "x.png", "--json"], 2, "--json prints and --svg and --png draw"),
        (["--dark"], 2, "--dark is a drawing's; give it with --svg FILE or --png FILE"),
    ],
)
def test_wrong_use_is_one_sentence(
    options: list[str], code: int, said: str, tmp_path: Path, capsys
) -> None:
    given = [option.format(here=tmp_path) for option in options]
    assert cli.main(["show", TINY, *given]) == code
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_a_folder_without_a_network_is_one_sentence(tmp_path: Path, capsys) -> None:
    assert cli.main(["show", str(tmp_path), "--svg", "x.svg"]) == 1
    assert "holds no network (genotype.nas or best/genotype.nas)" in capsys.readouterr().err


def test_a_file_needs_a_name(capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["show", TINY, "--png"])
    assert stopped.value.code == 2
    assert "argument --png: expected one argument" in capsys.readouterr().err
