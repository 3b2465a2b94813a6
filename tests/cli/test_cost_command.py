"""`nas cost`."""

import json
from typing import Any

import pytest

from nas import cli
from nas.compiler import witnesses
from nas.compiler.witnesses import Check, Witness

SMALL = "image(3, 32, 32) >> conv(16, 3) >> mbconv(24, 3, stride=2) * 2 >> classifier(10)"


def counted(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert cli.main(["cost", *arguments, "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def test_exact_figures_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = counted(capsys, "efficientnet_b0")
    # timm's efficientnet_b0 built, and FlopCounterMode / 2 on it
    assert (found["params"], found["macs"]) == (5288548, 385814752)
    assert len(found["hash"]) == 64
    assert found["inference_memory"]["batch"] == 1


def test_figures_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cost", "efficientnet_b0"]) == 0
    told = capsys.readouterr().out
    assert "5.29 M" in told
    assert "385.8 M" in told
    assert "5,288,548" in told
    assert "  in training" not in told


def test_auxiliary_heads_count_in_training_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cost", "googlenet"]) == 0
    assert "6,379,984 more, of auxiliary heads" in capsys.readouterr().out


def test_memory_grows_with_the_batch(capsys: pytest.CaptureFixture[str]) -> None:
    one, many = (counted(capsys, SMALL, "--batch", batch) for batch in ("1", "64"))
    for key in ("inference_memory", "training_memory"):
        assert many[key]["batch"] == 64
        assert one[key]["bytes"] < many[key]["bytes"] < 64 * one[key]["bytes"]
    weights = 4 * one["params"]
    grown = many["inference_memory"]["bytes"] - weights
    assert grown == 64 * (one["inference_memory"]["bytes"] - weights)


def test_check_agrees_with_what_is_built(capsys: pytest.CaptureFixture[str]) -> None:
    check = counted(capsys, SMALL, "--check")["check"]
    assert check["agrees"]
    assert [one["name"] for one in check["witnesses"]] == [
        "nas, counted",
        "torch, built",
        "thop, built",
    ]
    assert all(one["decides"] for one in check["witnesses"])


def test_a_difference_is_told_by_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = Witness("nas, counted", 10, 100, True, "")
    other = Witness("torch, built", 10, 101, True, "")
    monkeypatch.setattr(witnesses, "check", lambda _: Check((ours, other)))
    assert cli.main(["cost", SMALL, "--check"]) == 1
    assert "NOT" in capsys.readouterr().out


@pytest.mark.parametrize("batch", ["0", "-1"])
def test_a_batch_is_at_least_one(batch: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cost", SMALL, "--batch", batch]) == 2
    assert "at least 1" in capsys.readouterr().err
