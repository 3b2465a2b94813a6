"""What every subcommand keeps: help, exit codes, one sentence for a mistake, JSON that parses."""

import json
from pathlib import Path
from typing import Any

import pytest

from nas import cli

SMALL = "image(3, 32, 32) >> conv(16, 3) >> mbconv(24, 3, stride=2) * 2 >> classifier(10)"
NAMES = [each.NAME for each in cli.subcommands()]
TAKES_A_GENOTYPE = [
    ["show"],
    ["show", "--nodes"],
    ["cost"],
    ["cost", "--check"],
    ["compile", "--out", "somewhere"],
    ["train", "--out", "somewhere"],
]
PRINTS_JSON = [
    ["list"],
    ["show", SMALL],
    ["show", SMALL, "--nodes"],
    ["show", "image(3, 32, 32) >> conv(choice(16, 24), 3) >> classifier(10)"],
    ["cost", SMALL],
    ["cost", SMALL, "--check"],
    ["diff", "resnet50", "seresnet50"],
    ["data", "list"],
    ["help", "blocks"],
    ["help", "mbconv"],
    ["scale", "efficientnet_b0", "--phi", "1"],
]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int = 1) -> str:
    """The one sentence that a command line is refused with."""
    assert cli.main(arguments) == code
    told = capsys.readouterr().err
    assert told.startswith("nas: ")
    assert told.count("\n") == 1
    return told


@pytest.mark.parametrize("name", NAMES)
def test_help_names_the_subcommand_and_ends_well(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: nas {name} ")


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"list", "help"}))
def test_without_arguments_it_is_a_usage_error(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([name])
    assert end.value.code == 2
    assert f"usage: nas {name} " in capsys.readouterr().err


@pytest.mark.parametrize("arguments", PRINTS_JSON, ids=" ".join)
def test_json_parses_and_is_alone_on_the_output(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*arguments, "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)
    assert told.err == ""


@pytest.mark.parametrize("command", TAKES_A_GENOTYPE, ids=" ".join)
class TestGenotype:
    def test_an_unknown_name_is_told_with_the_nearest(
        self, command: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        told = refused([command[0], "resnet5O", *command[1:]], capsys)
        assert "'resnet5O'" in told
        assert "'resnet50'" in told

    def test_a_broken_file_is_told_with_line_and_column(
        self, command: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path("broken.nas").write_text("image(3, 32, 32)\n>> conv(16, 3)\n>> conv(24, kernal=3)\n")
        told = refused([command[0], "broken.nas", *command[1:]], capsys)
        assert "broken.nas, line 3, column 13: " in told
        assert "'kernal'" in told
        assert "'kernel'" in told

    def test_a_missing_file_is_told(
        self, command: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        told = refused([command[0], "gone.nas", *command[1:]], capsys)
        assert told == "nas: gone.nas: can't be read (No such file or directory)\n"

    def test_shapes_that_do_not_fit_are_told_with_their_place(
        self, command: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = 'image(3, 8, 8) >> conv(16, 11, padding="valid") >> classifier(10)'
        told = refused([command[0], text, *command[1:]], capsys)
        assert "conv" in told
        assert "11x11 kernel on a 8x8 map" in told


@pytest.mark.parametrize("command", [["cost"], ["compile", "--out", "somewhere"]], ids=" ".join)
def test_a_search_space_is_no_network(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused([command[0], "image(3, 8, 8) >> conv(choice(8, 16))", *command[1:]], capsys)
    assert "choices are left" in told


@pytest.mark.parametrize("command", ["show", "cost"])
def test_an_image_is_three_numbers(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = refused([command, "conv(8)", "--image", "3x32x32"], capsys, code=2)
    assert "--image 3x32x32" in told


@pytest.mark.parametrize("command", ["show", "cost"])
def test_an_image_beside_a_network_is_refused(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "input of its own" in refused([command, SMALL, "--image", "3,32,32"], capsys)


def test_an_unknown_option_is_a_usage_error() -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["cost", SMALL, "--jsno"])
    assert end.value.code == 2


def objects(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> Any:
    assert cli.main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_one_genotype_four_ways(capsys: pytest.CaptureFixture[str]) -> None:
    text = objects(["show", "lenet5"], capsys)["genotype"]
    Path("mine.nas").write_text(text)
    hashes = {
        objects(["cost", what], capsys)["hash"]
        for what in ("lenet5", "lenet", "mine.nas", text, "./mine.nas")
    }
    assert len(hashes) == 1
