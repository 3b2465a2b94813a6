"""`nas search` as a user meets it: real training of tiny networks on the digits, in processes."""

import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import torch

from nas import load
from nas.cli import main

SPACE = (
    "image(1, 32, 32) >> conv(choice(2, 4, 6, 8), choice(3, 5), stride=4) "
    ">> conv(choice(4, 6, 8), 3, stride=4) >> classifier(10)"
)
QUICK = ("--space", SPACE, "--epochs", "1", "--width", "1", "--gpus", "0")
COMMAND = (sys.executable, "-m", "nas.cli")


def nas(*arguments: str | Path) -> tuple[int, str, str]:
    """The exit code, output and errors of a command line run in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([*map(str, arguments)])
    return code, out.getvalue(), err.getvalue()


def rows(run: Path) -> str:
    """Everything that the record holds, but for dates, durations and how often a trial was lost."""
    code = """
import sys
from optuna import load_study
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
study = load_study(study_name="nas", storage=JournalStorage(JournalFileBackend(sys.argv[1])))
for trial in study.get_trials(deepcopy=False):
    held = {k: v for k, v in trial.user_attrs.items() if k not in ("attempt", "seconds")}
    for result in (v for k, v in held.items() if k.startswith("rung.")):
        del result["seconds"]
    print(trial.number, trial.state, trial.values, trial.params, held)
"""
    journal = str(run / "journal.log")
    done = subprocess.run(
        [sys.executable, "-c", code, journal], capture_output=True, text=True, check=True
    )
    return done.stdout


def _begun(process: "subprocess.Popen[Any]", run: Path) -> None:
    """Wait until the first trial is trained."""
    while not (run / "trials" / "0").exists():
        assert process.poll() is None
        time.sleep(0.02)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of six trials."""
    run = tmp_path_factory.mktemp("runs") / "six"
    code, out, err = nas("search", *QUICK, "--out", run, "--trials", "6")
    assert (code, err) == (0, "")
    (run / "stdout").write_text(out)
    return run


def test_the_last_line_says_where_the_best_is_and_how_good(finished: Path) -> None:
    last = (finished / "stdout").read_text().splitlines()[-1]
    found = re.fullmatch(
        r"best: (.*)/best \(trial \d\): (\d+\.\d\d)% of the test images right, which the search "
        r"never saw; .* MACs, .* parameters",
        last,
    )
    assert found
    assert Path(found[1]) == finished
    assert 5 < float(found[2]) <= 100


def test_a_run_s_folder_is_loaded_as_its_best(finished: Path) -> None:
    whole, best = load(finished), load(finished / "best")
    assert whole.genotype == best.genotype
    assert all(map(torch.equal, whole.state_dict().values(), best.state_dict().values()))


def test_best_is_trained_again_to_the_same_weights_by_its_command(finished: Path) -> None:
    best = finished / "best"
    command = next(
        line for line in (best / "README.md").read_text().splitlines() if "nas train" in line
    )
    subprocess.run(f"{command} --gpus 0", shell=True, check=True, cwd=best, timeout=60)
    again = (finished / "again" / "weights.safetensors").read_bytes()
    assert again == (best / "weights.safetensors").read_bytes()


def test_a_finished_run_has_nothing_left_and_a_larger_budget_goes_on(
    finished: Path, tmp_path: Path
) -> None:
    run = tmp_path / "copy"
    shutil.copytree(finished, run)
    code, out, _ = nas("search", "--resume", run)
    assert code == 0
    assert rows(run) == rows(finished)
    assert out.splitlines()[-1].startswith(f"best: {run}/best")
    code, out, _ = nas("search", "--resume", run, "--trials", "8", "--gpus", "0")
    assert code == 0
    assert rows(run).startswith(rows(finished))
    assert "8 of 8 done" in out
    assert nas("status", run)[1].startswith(f"{run}: ended as its 8 trials are done; ")


def test_rungs_train_the_best_on_and_killed_between_them_lose_nothing(tmp_path: Path) -> None:
    how = ("--space", SPACE, "--width", "1", "--gpus", "0", "--rungs", "1,2,4", "--eta", "2")
    run, again = tmp_path / "whole", tmp_path / "killed"
    code, out, err = nas("search", *how, "--out", run, "--trials", "6")
    assert (code, err) == (0, "")
    assert re.search(r"trial \d: accuracy 0\.\d+ after 1 of 4 epochs, .* \(best so far\)", out)
    assert re.search(r"6 of 6 done, 0 running, \d pruned", out)
    held = rows(run)
    assert held.count("TrialState.COMPLETE") >= 1
    assert held.count("TrialState.COMPLETE") + held.count("TrialState.PRUNED") == 6
    process = subprocess.Popen([*COMMAND, "search", *how, "--out", str(again), "--trials", "6"])
    journal = again / "journal.log"
    while not (journal.exists() and b"sent" in journal.read_bytes()):  # a promotion is in flight
        assert process.poll() is None
        time.sleep(0.002)
    process.kill()
    process.wait()
    assert nas("search", "--resume", again, "--gpus", "0")[0] == 0
    assert rows(again) == held
    weights = ("best", "weights.safetensors")
    assert again.joinpath(*weights).read_bytes() == run.joinpath(*weights).read_bytes()


def test_seeds_train_each_candidate_as_often_and_judge_it_by_the_mean(tmp_path: Path) -> None:
    run = tmp_path / "run"
    options = ("--trials", "2", "--seeds", "2", "--objective", "accuracy", "--formats", "none")
    code, out, err = nas("search", *QUICK, *options, "--out", run)
    assert (code, err) == (0, "")
    assert "after 1 of 2 seeds" in out
    assert "4 of 4 trainings done" in out
    journal = [json.loads(line) for line in (run / "journal.log").read_text().splitlines()]
    told: dict[int, list[dict[str, Any]]] = {}
    for line in journal:
        for name, held in line.get("user_attr", {}).items():
            if name.startswith("rung."):
                told.setdefault(line["trial_id"], []).append(held)
    assert [len(each) for each in told.values()] == [2, 2]
    first, second = ([each["seed"] for each in held] for held in told.values())
    assert first == second
    assert len(set(first)) == 2
    own = {key: [each["own"]["accuracy"] for each in held] for key, held in told.items()}
    means = {key: sum(values) / 2 for key, values in own.items()}
    held = json.loads((run / "best" / "cost.json").read_text())
    assert held["validation"]["accuracy"] == pytest.approx(max(means.values()))
    assert means[held["trial"]] == max(means.values())


def test_a_warm_start_knows_what_another_run_trained(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    space = SPACE.replace("3, stride=4) >> class", "choice(3, 1), stride=4) >> class")
    space = space.replace("choice(3, 5), stride", "choice(3, 7), stride")
    how = ("search", "--space", space, *QUICK[2:], "--warm-start", finished)
    code, out, err = nas(*how, "--out", run, "--trials", "2")
    assert (code, err) == (0, "")
    known = r"(\d) of 6 trials of .*/six are known, the best with accuracy 0\.\d{4}; "
    told = re.search(known + r"(\d) don't fit this space: ", out)
    assert told
    assert int(told[1]) + int(told[2]) == 6
    assert "2 of 2 done" in out
    assert "(best so far in this run)" in out
    assert rows(run).count("'source': {'run'") == int(told[1])
    code, out, _ = nas("search", "--resume", run, "--trials", "3", "--gpus", "0")
    assert code == 0
    assert "3 of 3 done" in out
    code, _, err = nas(*how, "--epochs", "2", "--out", tmp_path / "b")
    assert code == 1
    assert f"--warm-start {finished}: its trials were trained with epochs = 1, not 2, so" in err
    assert not (tmp_path / "b").exists()


def test_a_study_file_gives_the_same_trials_again(finished: Path, tmp_path: Path) -> None:
    arguments = ("--study", finished / "study.toml", "--out", tmp_path / "b", "--gpus", "0")
    assert nas("search", *arguments)[0] == 0
    assert rows(tmp_path / "b") == rows(finished)


@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_killed_at_random_moments_then_resumed_it_is_the_uninterrupted_run(
    kills: int, finished: Path, tmp_path: Path
) -> None:
    run, seen, rng = tmp_path / "killed", "", random.Random(os.getpid())
    arguments: tuple[str | Path, ...] = ("search", *QUICK, "--out", run, "--trials", "6")
    for _ in range(kills):
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # Random moments from the first write on: before it there is nothing to lose.
        journal, before = run / "journal.log", len(rows(run)) if seen else 0
        size = journal.stat().st_size if journal.exists() else 0
        while process.poll() is None and not (journal.exists() and journal.stat().st_size > size):
            time.sleep(0.005)
        time.sleep(rng.random() * 0.5)
        process.kill()
        process.wait()
        now = rows(run)
        done = [line for line in now.splitlines() if "'outcome'" in line]
        assert all(line in done for line in seen.splitlines()), f"lost of {before}"
        seen = "\n".join(done)
        best = run / "best"
        assert not best.exists() or len(list(best.iterdir())) == 4
        arguments = ("search", "--resume", run, "--gpus", "0")
    assert nas(*arguments)[0] == 0
    assert rows(run) == rows(finished)
    for name in ("genotype.nas", "weights.safetensors", "cost.json"):
        assert (run / "best" / name).read_bytes() == (finished / "best" / name).read_bytes()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_cleanly_and_resumes(sign: signal.Signals, tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = subprocess.Popen(
        [*COMMAND, "search", *QUICK, "--epochs", "300", "--out", str(run), "--trials", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _begun(process, run)
    time.sleep(0.3)
    process.send_signal(sign)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err == ""
    go_on = f"go on with `nas search --resume {run}`"
    told = nas("status", run)[1].splitlines()
    assert told[0].startswith(f"{run}: ended by Ctrl-C or a signal; `nas search --resume {run}` ")
    assert "0 running" in told[1]
    assert "to be asked again when the search goes on: trial 0" in told
    assert out.splitlines()[-1] == f"stopped before a trial was complete; {go_on}"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--space", "mbcomv"), 1, "no search space is called 'mbcomv' and no file; did you mean"),
        ((*QUICK, "--max-macs", "10"), 1, "has at most 10 MACs; the smallest found has "),
        ((*QUICK, "--max-macs", "10Q"), 2, "'10Q' is no count; write a positive number"),
        (
            (*QUICK, "--max-macs", "4M", "--max-macs", "4k"),
            2,
            "--max-macs: given twice, 4M and 4k; leave one out",
        ),
        ((*QUICK, "--max-macs", "4M", "--target-macs", "5M"), 2, "5.00M MACs are above --max-macs"),
        ((*QUICK, "--max-latency", "20"), 2, "'20' is no latency; write one with its unit"),
        ((*QUICK, "--max-memory", "4X"), 2, "'4X' is no size in bytes"),
        ((*QUICK, "--objective", "loss", "--objectives", "loss,macs"), 2, "leave one of them out"),
        ((*QUICK, "--latency", "absent.json"), 1, "absent.json: can't be read"),
        (
            ("--space", "image(1, 8, 8) >> conv(8, choice(3, 3)) >> classifier(10)"),
            1,
            "choice has one option twice: 3; leave one out",
        ),
        (("--space", "lenet5"), 1, "'lenet5' is a network, not a search space; search its neigh"),
        ((*QUICK, "--gpus-per-trial", "0.5"), 2, "--gpus-per-trial 0.5: say with --gpus N how"),
        ((*QUICK, "--gpus", "8"), 2, "--gpus 8: this machine has "),
        ((*QUICK, "--sampler", "rondom"), 2, "sampler 'rondom' is none of "),
        ((*QUICK, "--objective", "speed"), 2, "'speed' is none of accuracy, mnasnet"),
        ((*QUICK, "--data", "digit"), 1, "'digit' is not known; did you mean 'digits'"),
        ((*QUICK, "--recipe", "absent"), 2, "recipe 'absent' is not known"),
        ((*QUICK, "--time", "soon"), 2, "--time: 'soon' is no duration"),
        ((*QUICK, "--time", "-5s"), 2, "--time: '-5s' is no duration"),
        ((*QUICK, "--max-macs", "-5M"), 2, "--max-macs: '-5M' is no count"),
        ((*QUICK, "--features", "naswott"), 2, "--features naswott: zero-cost proxy 'naswott' is"),
        ((*QUICK, "--features", "zen,zen"), 2, "--features zen,zen: name each proxy once"),
        (
            (*QUICK, "--features", "naswot", "--sampler", "local"),
            2,
            "--features naswot: only the sampler predictor learns from scores, not local",
        ),
        (
            (*QUICK, "--address", "local", "--objective", "accuracy", "--tune-scheduler", "pbt"),
            2,
            "--tune-scheduler pbt: a trial that falls behind makes room for a child that begins",
        ),
        ((*QUICK, "--trials", "0"), 2, "--trials 0: must be at least 1"),
        ((*QUICK, "--out", "/proc/no"), 1, "/proc/no: can't be made"),
        ((*QUICK[:2], "--rungs", "3,1"), 2, "--rungs 3,1: the epochs must increase from rung"),
        ((*QUICK[:2], "--rungs", "1,x"), 2, "--rungs 1,x: must be numbers of epochs, such as"),
        ((*QUICK, "--rungs", "1,3"), 2, "--epochs 1: not with --rungs, whose last is the whole"),
        ((*QUICK, "--warm-start", "absent"), 1, "absent: holds no run (no journal.log)"),
        ((*QUICK, "--eta", "2"), 2, "--eta 2: only with --rungs"),
        ((*QUICK, "--seeds", "0"), 2, "--seeds 0: must be at least 1"),
        ((*QUICK[:2], "--seeds", "2", "--rungs", "1,2"), 2, "--seeds 2: not with --rungs"),
        ((*QUICK, "--seeds", "2", "--inherit"), 2, "--seeds 2: not with --inherit"),
        (
            (
                *(*QUICK, "--seeds", "2", "--address", "local"),
                *("--objective", "accuracy", "--tune-scheduler", "asha"),
            ),
            2,
            "--tune-scheduler asha: not with --seeds, which trains every candidate whole",
        ),
        ((*QUICK, "--max-failures", "0"), 2, "--max-failures 0: must be at least 1"),
        (("--resume", "absent"), 1, "absent: holds no run (no journal.log)"),
        (("--study", "absent.toml"), 1, "absent.toml: there is no such study"),
        (("--resume", "a", "--seed", "1"), 2, "--seed: only with --space"),
        (("--space", "image(1, 8, 8) >> classifier(10)"), 1, "has no choices"),
    ],
)
def test_errors_are_one_sentence(
    arguments: tuple[str, ...],
    code: int,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    found, _, err = nas("search", *arguments)
    assert says in err
    assert found == code
    assert err.startswith("nas: ")
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_damage_is_told_in_one_sentence(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "damaged"
    shutil.copytree(finished, run)
    journal = run / "journal.log"
    good = journal.read_bytes()
    journal.write_bytes(good[:3000] + b"\n\0\n" + good[3000:])
    code, _, err = nas("search", "--resume", run)
    assert code == 1
    assert re.fullmatch(rf"nas: {journal}: line \d+ is damaged: .*\n", err)
    journal.write_bytes(good)
    study = run / "study.toml"
    text = study.read_text()
    study.write_text(text.replace("seed = 0", "seed = 1"))
    code, _, err = nas("search", "--resume", run)
    assert code == 1
    assert f"{run}: its trials were made with seed = 0, not 1; put that back" in err
    study.write_text(text[:-30])
    code, _, err = nas("search", "--resume", run)
    assert (code, err.count("\n")) == (1, 1)
    study.write_text(text)
    assert nas("search", "--resume", run)[0] == 0


def test_a_folder_that_holds_a_run_is_not_overwritten(finished: Path) -> None:
    before = rows(finished)
    code, _, err = nas("search", *QUICK, "--out", finished)
    assert code == 1
    assert f"holds a run already; continue it with `nas search --resume {finished}`" in err
    assert rows(finished) == before


def test_a_second_driver_is_refused(tmp_path: Path) -> None:
    run = tmp_path / "run"
    first = subprocess.Popen(
        [*COMMAND, "search", *QUICK, "--epochs", "300", "--out", str(run), "--trials", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _begun(first, run)
    code, _, err = nas("search", "--resume", run)
    assert f"{run}: process {first.pid} on " in err
    assert code == 1
    first.kill()
    first.wait()


def test_a_full_disk_is_one_sentence_and_loses_nothing(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    size = (run / "journal.log").stat().st_size + 6000  # room for a trial, not for two
    code = (
        "import resource, sys; from nas.cli import main\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        f"sys.exit(main(['search', '--resume', {str(run)!r}, '--trials', '9', '--gpus', '0']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert re.search(r"can't be written \(File too large\)|no room for .* MB", done.stderr)
    assert f"go on with `nas search --resume {run}`" in done.stderr
    held = rows(run)
    assert held.startswith(rows(finished))
    assert nas("search", "--resume", run, "--trials", "9", "--gpus", "0")[0] == 0
    finished_lines = [line for line in held.splitlines() if "'outcome'" in line]
    assert rows(run).splitlines()[: len(finished_lines)] == finished_lines


def test_children_begin_with_their_parents_weights_and_are_the_same_after_a_stop(tmp_path):
    words = (*QUICK, "--inherit", "--sampler", "evolution:population=2,sample=1")
    code, _, errors = nas("search", *words, "--trials", "5", "--out", tmp_path / "whole")
    assert (code, errors) == (0, "")
    assert "'parent': " in rows(tmp_path / "whole")
    assert "inherit = true" in (tmp_path / "whole" / "study.toml").read_text()
    assert len(list((tmp_path / "whole" / "trials").glob("*/weights.safetensors"))) == 5
    held = rows(tmp_path / "whole").splitlines()
    page = (tmp_path / "whole" / "best" / "README.md").read_text()
    best = int(re.search(r"Trial (\d+)", page)[1])
    assert ("began it with another trial's weights" in page) == ("'parent': " in held[best])
    for count in ("3", "5"):
        how = (*words, "--out") if count == "3" else ("--resume",)
        assert nas("search", *how, tmp_path / "parts", "--trials", count)[0] == 0
    assert rows(tmp_path / "parts") == rows(tmp_path / "whole")
    wrong = (*QUICK, "--inherit", "--evaluator", "zero-cost", "--objective", "score")
    code, _, errors = nas("search", *wrong, "--trials", "2", "--out", tmp_path / "no")
    assert code == 2
    assert "--inherit: not with --evaluator zero-cost" in errors
