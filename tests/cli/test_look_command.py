"""`nas look`, on networks that are as they were drawn: what it does needs no training."""

import json
from pathlib import Path

import pytest
from PIL import Image

import nas
from nas.cli import main
from nas.train.checkpoint import save

TEXT = "image(1, 16, 16) >> conv(6, 3) >> maxpool(2, stride=2, padding=0) >> classifier(10)"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    left("net", TEXT)


def left(name, text):
    """What `nas train --out NAME` leaves, but for the scores."""
    Path(name).mkdir(parents=True)
    Path(name, "genotype.nas").write_text(f"{text}\n")
    save(nas.compile(nas.parse(text), seed=0), Path(name, "weights.safetensors"))


def test_without_a_layer_those_that_give_maps_are_listed(capsys):
    assert main(["look", "net"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.split()]
    assert rows[0] == ["layer", "what", "channels", "map"]
    assert ["conv.conv", "Conv2d", "6", "16x16"] in rows
    assert rows[-1] == ["maxpool", "MaxPool", "6", "8x8"]


def test_layers_and_responses_are_json_too(capsys):
    assert main(["look", "net", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"layer": "maxpool", "what": "MaxPool", "shape": [6, 8, 8]} in rows
    words = ["look", "net", "--layer", "conv", "--channel", "3", "--images", "4", "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    strongest = told["responses"][0]["activations"]
    assert len(strongest) == len(told["responses"][0]["classes"]) == 4
    assert strongest == sorted(strongest, reverse=True)
    assert Path(told["picture"]).is_file()


def test_channels_are_rows_of_one_picture_and_told(capsys, tmp_path):
    left("run/best", TEXT)
    words = ["look", "run", "--layer", "conv", "--channel", "3", "4", "--images", "4"]
    assert main([*words, "--out", "some.png"]) == 0
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.startswith("conv, channel 3: activation ")
    assert second.startswith("conv, channel 4: activation ")
    assert last == "picture: some.png"
    with Image.open(tmp_path / "some.png") as picture:
        # 3 pixels that a 3 x 3 filter sees, 32-fold, four of them in a square, twice; margins of 16
        assert picture.size == (2 * 2 * (3 * 32 + 4) + 3 * 16, 2 * (2 * (3 * 32 + 4) + 16) + 16)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["gone"], 1, "gone: holds no network"),
        (
            ["net", "--layer", "covn"],
            2,
            "layer 'covn' is no part of the network; did you mean 'con",
        ),
        (["net", "--layer", "classifier"], 2, "gives no map of channels"),
        (["net", "--layer", "conv", "--channel", "6"], 2, "layer 'conv' has channels 0 to 5"),
        (["net", "--layer", "conv", "--images", "0"], 2, "--images 0: must be at least 1"),
        (["net", "--layer", "conv", "--out", "no/x.png"], 1, "no/x.png: can't be written: No such"),
        (["net", "--data", "cifar10"], 1, "1 channel, but cifar10 has 10 classes and images of 3"),
    ],
)
def test_mistakes_are_one_sentence(words, code, said, capsys):
    assert main(["look", *words]) == code
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_folder_without_weights_is_told(tmp_path, capsys):
    (tmp_path / "net" / "weights.safetensors").unlink()
    assert main(["look", "net"]) == 1
    assert "net/weights.safetensors: weights can't be read: No such file" in capsys.readouterr().err
