"""`nas latency`, and `nas cost --latency`."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nas import cli
from nas.latency import measured

SPACE = "image(1, 8, 8) >> conv(choice(8, 16), choice(3, 5)) * choice(1, 2) >> classifier(10)"
SMALL = "image(1, 32, 32) >> conv(16, 3) >> classifier(10)"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(measured, "SECONDS", 0.1)


@pytest.fixture
def calibrated(capsys: pytest.CaptureFixture[str]) -> str:
    command = ["latency", "calibrate", "--space", SPACE, "--time", "1s", "--threads", "1"]
    assert cli.main([*command, "--gpus", "0"]) == 0
    return capsys.readouterr().out


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int) -> str:
    assert cli.main(arguments) == code
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    return told


def test_a_space_is_calibrated_and_a_candidate_predicted(
    calibrated: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "distinct operations" in calibrated
    assert "written to latency.json" in calibrated
    assert "1 thread" in calibrated
    assert cli.main(["latency", "predict", SMALL]) == 0
    told = capsys.readouterr().out
    assert re.search(r"for 1 image; \d+% of its operations were measured", told)
    assert cli.main(["latency", "predict", SMALL, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert 0 < figures["seconds"] < 10
    assert figures["covered"] <= 1
    assert figures["threads"] == 1


def test_a_network_outside_the_space_is_said_to_be(
    calibrated: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["latency", "predict", "lenet5"]) == 0
    assert "which says little about this network" in capsys.readouterr().out


def test_json_is_alone_on_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["latency", "calibrate", "--space", SPACE, "--time", "1s", "--threads", "1"]
    assert cli.main([*command, "--gpus", "0", "--json", "--out", "mine.json"]) == 0
    figures: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert len(json.loads(Path("mine.json").read_text())["operations"]) == figures["operations"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--batch", "0"], "--batch 0"),
        (["--threads", "-1"], "--threads -1"),
        (["--width", "0"], "--width 0"),
        (["--time", "soon"], "'soon' is no duration"),
        (["--out", "gone/latency.json"], "--out gone/latency.json"),
        (["--gpus", "99"], "--gpus 99"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_measured(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["latency", "calibrate", "--space", SPACE, *arguments]
    assert told in refused(command, capsys, 2)


def test_a_calibration_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(["latency", "predict", SMALL, "--from", "gone.json"], capsys, 1)
    assert "gone.json: can't be read" in told


def test_cost_measures_here(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["cost", SMALL, "--latency", "--batch", "2", "--threads", "1", "--gpus", "0"]
    assert cli.main(command) == 0
    told = capsys.readouterr().out
    assert "runs on 2 images, 95 % interval" in told
    assert "1 thread" in told
    assert cli.main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["latency"]
    assert 0 < found["least"] <= found["low"] <= found["median"] <= found["high"]
    assert (found["batch"], found["threads"], found["device"]) == (2, 1, "cpu")


@pytest.mark.parametrize("option", ["--threads", "--gpus"])
def test_how_to_measure_goes_with_latency(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{option}: only with --latency" in refused(["cost", SMALL, option, "1"], capsys, 2)


def test_help_loads_no_torch() -> None:
    code = (
        "import sys\nfrom nas import cli\n"
        "try: cli.main(['latency', '--help'])\n"
        "except SystemExit: sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0
