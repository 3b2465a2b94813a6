"""`nas help`."""

import json
from unittest.mock import ANY

import pytest

import nas
from nas import cli
from nas.blocks import entries
from nas.cli.help import example


def test_every_block_is_listed_with_its_fields_and_an_example(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["help", "blocks"]) == 0
    told = capsys.readouterr().out
    for entry in entries():
        assert f"\n{entry.word}" in f"\n{told}"
        assert all(slot.name in told for slot in entry.slots)
        assert f"example: {example(entry)}\n" in told


@pytest.mark.parametrize("entry", list(entries()), ids=lambda entry: entry.word)
def test_examples_are_genotypes(entry: object) -> None:
    text = example(entry)  # type: ignore[arg-type]
    assert str(nas.parse(text)) == text


@pytest.mark.parametrize("entry", list(entries()), ids=lambda entry: entry.word)
def test_a_block_is_explained(entry: object, capsys: pytest.CaptureFixture[str]) -> None:
    word = entry.word  # type: ignore[attr-defined]
    assert cli.main(["help", word]) == 0
    assert capsys.readouterr().out.startswith(word)


def test_without_a_topic_it_is_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["help"]) == 0
    assert "subcommands" in capsys.readouterr().out


def test_a_subcommand_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["help", "search"])
    assert end.value.code == 0
    assert "usage: nas search" in capsys.readouterr().out


def test_an_unknown_topic_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["help", "mbcon"]) == 2
    assert "'mbconv'" in capsys.readouterr().err


def test_blocks_are_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["help", "mbconv", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["block"] == "mbconv"
    assert {"name": "kernel", "rule": ANY, "required": False, "default": 3} in told["fields"]
    assert cli.main(["help", "search", "--json"]) == 2
    assert "--json goes with" in capsys.readouterr().err
