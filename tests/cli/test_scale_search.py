"""`nas scale-search` from outside: a real search on digits, stopped and resumed, and wrong uses."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

import nas
from nas.cli import main
from nas.errors import RunError
from nas.study import Study
from nas.study.settings import Scaling

SMALL = "image(1, 8, 8) >> conv(8, 3) >> conv(16, 3, stride=2) * 2 >> classifier(10)"
QUICK = ("--seeds", "2", "--epochs", "1", "--gpus", "0", "--grid", "0.2", "--target", "1.7")


def search(out: Path, *more: str) -> int:
    return main(["scale-search", SMALL, *QUICK, "--out", str(out), *more])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert search(folder) == 0
    return folder


def result(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text())


def test_a_search_trains_each_network_once_with_every_seed(whole: Path) -> None:
    held = result(whole)
    # 1.6 ... 1.8 with steps of 0.2: 1.2 * 1.2^2 twice, 1.6 and 1.8 alone. Three conv(16) become
    # four by depth 1.6 and by 1.8, so these two are one network
    found = {(one["alpha"], one["beta"], one["gamma"]) for one in held["candidates"]}
    assert found == {(1.2, 1.2, 1.0), (1.2, 1.0, 1.2), (1.6, 1.0, 1.0)}
    also = {one["alpha"]: one["also"] for one in held["candidates"]}
    assert also[1.6] == [[1.8, 1.0, 1.0]]
    assert all(len(one["accuracies"]) == 2 for one in [*held["candidates"], held["reference"]])
    hashes = {one["genotype"] for one in held["candidates"]}
    assert len(hashes) == 3


def test_exact_costs_and_images_are_those_of_the_networks(whole: Path) -> None:
    held = result(whole)
    base = nas.cost(SMALL)
    assert held["reference"]["macs"] == base.macs
    for one in held["candidates"]:
        network = nas.cost(one["genotype"])
        assert one["macs"] == network.macs
        assert one["factor"] == pytest.approx(network.macs / base.macs)
        assert one["image"] == list(network.graph.input.shape[1:])
        assert one["image"][0] == round(8 * one["gamma"])
        assert one["nominal"] == pytest.approx(one["alpha"] * one["beta"] ** 2 * one["gamma"] ** 2)


def test_the_winner_is_published_whole(whole: Path) -> None:
    held = result(whole)
    means = {one["trial"]: sum(one["accuracies"]) / 2 for one in held["candidates"]}
    best = held["winner"]["trial"]
    assert means[best] == max(means.values())
    figures = json.loads((whole / "best" / "cost.json").read_text())
    assert figures["trial"] == best
    assert figures["validation"]["accuracy"] == pytest.approx(means[best])
    assert "the mean of 2 seeds" in (whole / "best" / "README.md").read_text()
    assert (whole / "coefficients.svg").read_text().startswith("<svg")
    assert (whole / "coefficients.png").read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader((whole / "coefficients.csv").read_text().splitlines()))
    assert {int(row["trial"]) for row in rows} == set(means)
    assert nas.genotype(whole / "base.nas") == nas.genotype(SMALL)


def test_best_holds_the_weights_of_the_last_seed(whole: Path) -> None:
    command = (whole / "best" / "README.md").read_text().split("```\n")[-2].splitlines()[-1]
    words = command.split()
    seed = int(words[words.index("--seed") + 1])
    journal = [json.loads(line) for line in (whole / "journal.log").read_text().splitlines()]
    seeds = {
        held["seed"]
        for line in journal
        for name, held in line.get("user_attr", {}).items()
        if name == "rung.1"
    }
    assert seeds == {seed}


def test_the_winner_is_what_nas_scale_makes_of_its_coefficients(
    whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    winner = result(whole)["winner"]
    given = [f"--{name}={winner[name]}" for name in ("alpha", "beta", "gamma")]
    assert main(["scale", str(whole / "base.nas"), *given, "--phi", "1", "--json"]) == 0
    scaled = json.loads(capsys.readouterr().out)["scaled"]
    assert nas.genotype(scaled["genotype"]) == nas.genotype(winner["genotype"])
    assert scaled["nominal"] == pytest.approx(winner["nominal"])


def test_the_settings_can_be_read_again(whole: Path, tmp_path: Path) -> None:
    text = (whole / "study.toml").read_text()
    study = Study.load(whole / "study.toml")
    assert study.goal.scaling == Scaling(target=1.7, tolerance=0.1, step=0.2)
    assert (study.training.seeds, study.budget.trials) == (2, 4)
    other = tmp_path / "study.toml"
    other.write_text(text.replace("tolerance =", "tolerence ="))
    with pytest.raises(
        RunError, match=r"scaling: tolerence is not known.*did you mean 'tolerance'"
    ):
        Study.load(other)


def test_status_tells_the_coefficients(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", str(whole)]) == 0
    said = capsys.readouterr().out
    assert "8 of 8 trainings done" in said
    assert f"nas scale {whole}/base.nas --alpha" in said
    assert main(["status", str(whole), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["coefficients"] == result(whole)


def test_stopped_and_resumed_is_the_same_search(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    assert search(folder, "--time", "0.001s") == 1
    assert "no candidate was trained with every seed" in capsys.readouterr().err
    assert not result(folder)["winner"]
    assert main(["status", str(folder)]) == 0
    assert "1 of 8 trainings done" in capsys.readouterr().out
    resumed = ["scale-search", "--resume", str(folder), "--time", "1h", "--gpus", "0", "--json"]
    assert main(resumed) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == result(folder) == result(whole)
    assert "8 of 8 trainings done" in printed.err


def test_a_sampler_draws_within_the_constraint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    options = ["--seeds", "1", "--epochs", "1", "--gpus", "0", "--sampler", "tpe", "--trials", "2"]
    assert main(["scale-search", SMALL, *options, "--divisor", "2", "--out", str(folder)]) == 0
    held = result(folder)
    assert held["divisor"] == 2
    assert Study.load(folder / "study.toml").goal.scaling == Scaling(step=0.02, divisor=2)
    assert len(held["candidates"]) == 2
    assert all(1.9 <= one["nominal"] <= 2.1 for one in held["candidates"])
    said = capsys.readouterr().out
    assert "one seed says nothing of chance" in said
    assert "--divisor 2 --phi 3" in said  # in the command that applies the winner


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([SMALL, "--target", "1"], "--target 1: .* above 1"),
        ([SMALL, "--tolerance", "0"], "--tolerance 0: must be above 0"),
        ([SMALL, "--grid", "0.5", "--target", "1.7"], "no alpha, beta and gamma on a grid"),
        ([SMALL, "--trials", "5"], "--trials 5: only with --sampler"),
        ([SMALL, "--seeds", "0"], "--seeds 0: must be at least 1"),
        ([SMALL, "--sampler", "tpee"], "sampler 'tpee' is none of .*did you mean 'tpe'"),
        (["image(1, 8, 8) >> classifier(10)"], "can't be wider or deeper"),
        (["image(1, 8, 8) >> conv(choice(8, 16)) >> classifier(10)"], "the base has choices"),
        (["alexnet"], "can't be built for the 32x32 images of digits"),
        ([SMALL, "--width", "0"], "--width 0.0: must be above 0"),
        ([SMALL, "--divisor", "0"], "--divisor 0: must be a whole number of channels"),
        ([SMALL, "--time", "soon"], "--time: 'soon' is no duration"),
    ],
)
def test_wrong_uses_are_one_sentence_and_leave_no_folder(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    assert main(["scale-search", *words, "--gpus", "0", "--out", str(folder)]) in (1, 2)
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert re.search(message, said), said
    assert not folder.exists()


def test_a_grid_and_a_sampler_contradict_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["scale-search", SMALL, "--grid", "0.1", "--sampler", "tpe"])
    assert end.value.code == 2
    assert "not allowed with argument" in capsys.readouterr().err


def test_a_run_of_another_kind_is_sent_to_its_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    space = "image(1, 8, 8) >> conv(choice(8, 16), 3) >> classifier(10)"
    options = ["--trials", "1", "--epochs", "1", "--gpus", "0", "--out", str(folder)]
    assert main(["search", "--space", space, *options]) == 0
    assert main(["scale-search", "--resume", str(folder), "--gpus", "0"]) == 1
    assert f"nas search --resume {folder}" in capsys.readouterr().err
    assert main(["scale-search", "--resume", str(folder), "--target", "2"]) == 2
    assert "--target: only with a base" in capsys.readouterr().err
