"""`nas search` by cheap evaluators as a user meets it: scores, survivors, trust, kills, tables."""

import io
import json
import os
import re
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from scipy.stats import kendalltau

from nas.cli import main
from nas.search.kept import results
from nas.search.reading import read
from nas.study.status import status

SPACE = (
    "image(1, 32, 32) >> conv(choice(2, 4, 6, 8), choice(3, 5), stride=4) "
    ">> conv(choice(4, 6, 8), 3, stride=4) >> classifier(10)"
)
QUICK = ("search", "--space", SPACE, "--epochs", "1", "--width", "1", "--gpus", "0")
CHEAP = (*QUICK, "--evaluator", "zero-cost", "--proxy", "synflow", "--trials", "14")


def nas(*arguments: str | Path) -> tuple[int, str, str]:
    """The exit code, output and errors of a command line run in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([*map(str, arguments)])
    return code, out.getvalue(), err.getvalue()


def told(run: Path) -> list[list[dict[str, object]]]:
    """Every trial's figures, by its number: of its score, and of its training."""
    trials = read(run / "journal.log").trials
    return [[result["figures"] for result in results(trial.held)] for trial in trials]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("runs") / "cheap"
    code, out, err = nas(*CHEAP, "--out", run)
    assert (code, err) == (0, "")
    (run / "stdout").write_text(out)
    return run


def test_ten_survivors_are_trained_and_the_best_of_them_is_kept(finished: Path) -> None:
    figures = told(finished)
    trained = {number: each[1] for number, each in enumerate(figures) if len(each) > 1}
    assert len(trained) == 10
    assert all("score" in each[0] for each in figures if each)
    accuracy = {number: each["accuracy"] for number, each in trained.items()}
    held = json.loads((finished / "best" / "cost.json").read_text())
    assert held["validation"]["accuracy"] == max(accuracy.values())
    last = (finished / "stdout").read_text().splitlines()[-1]
    assert re.fullmatch(r"best: .*/best \(trial \d+\): .*% of the test images right.*", last)
    assert f"(trial {held['trial']})" in last


def test_trust_is_the_tau_of_what_was_trained(finished: Path) -> None:
    pairs = [each for each in told(finished) if len(each) > 1]
    tau = kendalltau([a["score"] for a, _ in pairs], [b["accuracy"] for _, b in pairs]).statistic
    held = json.loads((finished / "trust.json").read_text())
    assert held["kendall_tau"]["tau"] == pytest.approx(tau)
    assert held["kendall_tau"]["low"] < tau < held["kendall_tau"]["high"]
    assert held["evaluator"] == "synflow"
    lines = (finished / "stdout").read_text().splitlines()[-4:]
    assert f"Kendall tau {tau:+.2f} (95 % interval " in lines[0]
    assert lines[1].startswith("by synflow: best ")
    assert lines[2].startswith("by random search: best ")
    code, out, _ = nas("status", finished)
    assert code == 0
    assert out.splitlines()[-3:] == lines[:3]
    found = status(finished).trust
    assert found is not None
    assert sum(each.random for each in found.trained) >= 5


def test_killed_among_the_survivors_and_resumed_it_is_the_same(
    finished: Path, tmp_path: Path
) -> None:
    run = tmp_path / "killed"
    command = [sys.executable, "-m", "nas.cli", *CHEAP, "--out", str(run)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        journal = run / "journal.log"
        while not (journal.exists() and journal.read_bytes().count(b'"sent":1') >= 4):
            assert process.poll() is None
            time.sleep(0.002)
        process.kill()
    assert sum(len(each) > 1 for each in told(run)) < 10
    assert not (run / "trust.json").exists()
    code, out, err = nas("search", "--resume", run, "--gpus", "0")
    assert (code, err) == (0, "")
    assert told(run) == told(finished)
    weights = ("best", "weights.safetensors")
    assert run.joinpath(*weights).read_bytes() == finished.joinpath(*weights).read_bytes()
    assert out.splitlines()[-4] == (finished / "stdout").read_text().splitlines()[-4]


def test_without_survivors_the_best_by_score_is_kept_untrained(tmp_path: Path) -> None:
    run = tmp_path / "run"
    how = ("--evaluator", "zero-cost", "--objectives", "score,macs", "--survivors", "0")
    code, out, err = nas(*QUICK, *how, "--trials", "6", "--sampler", "nsga2", "--out", run)
    assert (code, err) == (0, "")
    assert re.search(r"best: .*/best \(trial \d\), not trained: score .* by naswot; .* MACs", out)
    assert "drawn with seed 0, not trained: score" in (run / "best" / "README.md").read_text()
    assert not (run / "trust.json").exists()
    code, _, err = nas(*QUICK, "--warm-start", run, "--out", tmp_path / "other")
    assert code == 1
    assert "its candidates were scored by --evaluator zero-cost, and none was trained" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--evaluator", "zerocost"], "evaluator 'zerocost' is none of train, "),
        (["--evaluator", "zero-cost", "--proxy", "zan"], "--proxy: zero-cost proxy 'zan' is none"),
        (["--evaluator", "zero-cost", "--objective", "mnasnet"], "--objective mnasnet: a score of"),
        (["--evaluator", "zero-cost", "--rungs", "1,3"], "--rungs: not with --evaluator zero-cost"),
        (["--evaluator", "zero-cost", "--survivors", "1"], "--survivors 1: must be at least 2"),
        (["--evaluator", "table"], "--evaluator table: needs --table FILE.csv"),
        (["--evaluator", "table", "--table", "no.csv"], "no.csv: can't be read: No such file"),
        (["--proxy", "zen"], "--proxy zen: only with --evaluator zero-cost"),
        (["--objective", "score"], "--objective score: --evaluator train measures accuracy and"),
    ],
)
def test_wrong_inputs_are_one_sentence_and_make_nothing(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    how = [each for each in QUICK if each not in ("--epochs", "1")] if "1,3" in said else QUICK
    code, out, err = nas(*how, *arguments, "--out", tmp_path / "run")
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def table() -> Path:
    folder = Path(os.environ.get("NAS_BENCH_DATA", Path(__file__).parents[3] / "shared" / "data"))
    return folder / "nas_bench_201.csv.gz"


@pytest.mark.skipif(not table().exists(), reason="NAS_BENCH_DATA holds no nas_bench_201.csv.gz")
def test_local_search_in_a_table_comes_to_the_known_optimum(tmp_path: Path) -> None:
    run = tmp_path / "run"
    how = ("--evaluator", "table", "--table", f"{table()}:c10_test_200ep", "--sampler", "local")
    goal = ("--objective", "accuracy", "--data", "cifar10", "--trials", "200", "--gpus", "0")
    code, out, err = nas("search", "--space", "nas_bench_201", *how, *goal, "--out", run)
    assert (code, err) == (0, "")
    best = status(run).best
    assert best is not None
    # the table's best is 94.373 %; three runs of one network differ by about 0.2 %
    assert 0.94373 - 0.002 <= best.figures["accuracy"] <= 0.94374
    assert "not trained: accuracy 0.94" in out
