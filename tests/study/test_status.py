"""`nas status`: a run read from outside while it is written, after a kill, and damaged."""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from rich.console import Console
from toy_search import Toy, drive, evaluate, open_record

from nas.cli import main
from nas.errors import RunError
from nas.report.status import show
from nas.search.record import Record
from nas.search.standing import Finished
from nas.study import Budget, Goal, Study
from nas.study.status import BELIEVED, ENDED, entry, status
from nas.trial import Kind, Outcome

SETTINGS = {"objectives": ["accuracy"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Study(Goal("toy"), budget=Budget(trials=9)).save(tmp_path / "study.toml")
    return tmp_path


def opened(folder: Path) -> Record:
    return open_record(folder / "journal.log", space=Toy(2, 9), settings=SETTINGS)


def nas(*arguments: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([*map(str, arguments)])
    return code, out.getvalue(), err.getvalue()


def test_it_says_what_the_driver_says_while_it_drives(folder: Path) -> None:
    record = opened(folder)
    drive(record, 5)
    for kind in (Kind.CRASHED, Kind.CRASHED, Kind.DIVERGED):
        job = record.ask()
        assert job is not None
        record.tell(Outcome(job.number, kind, reason="so"))
    running = record.ask()
    assert running is not None
    before = {path: path.read_bytes() for path in folder.iterdir()}
    found = status(folder)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert found.driver is not None
    assert (found.driver.process, found.driver.writes) == (os.getpid(), True)
    standing = record.standing
    assert found.progress.counts == {kind.value: n for kind, n in (+standing.counts).items()}
    assert found.progress.running == (running.number,)
    assert found.progress.trials == 9
    assert found.best is not None
    assert standing.incumbent is not None
    assert found.best.number == standing.incumbent.number
    assert [each.number for each in found.front] == [each.number for each in standing.front]
    assert found.trial_seconds == standing.seconds
    record.tell(evaluate(running))  # nobody held it up
    record.close()
    again = status(folder)
    assert again.progress.done == 6
    assert again.driver is not None
    assert not again.driver.writes


def test_it_reads_a_journal_cut_at_any_byte(folder: Path) -> None:
    record = opened(folder)
    drive(record, 2)
    sizes = [0, (folder / "journal.log").stat().st_size]
    drive(record, 3)
    record.close()
    whole = (folder / "journal.log").read_bytes()
    for length in range(sizes[1], len(whole) + 1):
        (folder / "journal.log").write_bytes(whole[:length])
        assert status(folder).progress.done == (3 if length == len(whole) else 2)
    for rest in (b"\0" * 50, b'{"op_code":6,"trial'):
        (folder / "journal.log").write_bytes(whole + rest)
        assert status(folder).progress.done == 3


def test_damage_is_one_sentence_that_names_the_line(folder: Path) -> None:
    record = opened(folder)
    drive(record, 3)
    record.close()
    lines = (folder / "journal.log").read_bytes().splitlines(keepends=True)
    lines[4] = b"rubbish\n"
    (folder / "journal.log").write_bytes(b"".join(lines))
    with pytest.raises(RunError, match=r"line 5 is damaged: b'rubbish.n'; restore the file"):
        status(folder)


def test_a_folder_without_a_run_is_one_sentence(tmp_path: Path) -> None:
    code, out, err = nas("status", tmp_path)
    assert (code, out) == (1, "")
    assert err == f"nas: {tmp_path}: holds no run (no journal.log); name a folder of `nas search`\n"


def test_a_killed_driver_is_seen_as_gone(folder: Path) -> None:
    code = (
        "import os\n"
        "from pathlib import Path\n"
        "from toy_search import Toy, drive, open_record\n"
        f"record = open_record(Path({str(folder)!r}) / 'journal.log', space=Toy(2, 9),\n"
        f"    settings={SETTINGS!r})\n"
        "drive(record, 2); record.ask(); record.ask(); os.kill(os.getpid(), 9)"
    )
    path = [str(Path(__file__).parents[1] / "search"), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))}
    with subprocess.Popen([sys.executable, "-c", code], env=environment) as process:
        process.wait()
        found = status(folder)  # not even while the dead one still has its number
    assert found.driver is not None
    assert found.driver.writes is False
    assert (found.progress.running, found.broken_off) == ((), (2, 3))
    code_, out, _ = nas("status", folder)
    assert code_ == 0
    assert "nobody is writing this run" in out
    assert "to be asked again when the search goes on: trials 2, 3\n" in out
    assert "0 running" in out


def test_how_the_last_sitting_ended_and_what_was_predicted_is_said(folder: Path) -> None:
    record = opened(folder)
    drive(record, 4)
    assert record.standing.incumbent is not None
    best = record.standing.incumbent.number
    other = (best + 1) % 4
    record.note(ENDED, "as its 4 trials are done")
    record.note(BELIEVED, [other])
    assert status(folder).ended == ""  # it is still being written
    record.close()
    _, out, _ = nas("status", folder)
    assert out.startswith(f"{folder}: ended as its 4 trials are done; its last entry is ")
    assert f"best by predicted mean: trial {other}\n" in out
    record = opened(folder)
    record.note(BELIEVED, [best])
    record.close()
    assert "best by predicted mean" not in nas("status", folder)[1]


def test_an_objective_that_is_no_size_is_shown(folder: Path) -> None:
    goal = Goal("toy", objectives=("accuracy", "latency", "memory", "macs"))
    figures = {"accuracy": 0.5, "macs": 1e6, "params": 1e3, "latency": 0.02, "memory": 4e6}
    told = entry(Finished(3, "", 0, (), figures), Study(goal))
    assert str(told) == (
        "trial 3: accuracy 0.5000, 20.0 ms latency, 4.00 MB memory, 1.00M MACs, 1.00k parameters"
    )
    told = entry(Finished(3, "", 0, (), figures), Study(Goal("toy")))
    assert str(told) == "trial 3: accuracy 0.5000, 1.00M MACs, 1.00k parameters"


def test_time_is_added_up_over_sittings_without_the_pauses(folder: Path) -> None:
    def line(op: int, sitting: str, **fields: object) -> str:
        worker = sitting * 36 + "-1"
        return json.dumps({"op_code": op, "worker_id": worker, **fields}) + "\n"

    held = {"hash": "h", "genotype": "g", "macs": 1, "params": 1}
    told = {"outcome": "complete", "figures": {"accuracy": 0.5}}
    text = ""
    for number, (sitting, begin, end) in enumerate(
        [("a", "00:00", "00:10"), ("b", "09:00", "09:30")]
    ):
        start, stop = (f"2026-01-01T{at}:00+00:00" for at in (begin, end))
        text += line(4, sitting, study_id=0, datetime_start=start, user_attrs={**held})
        for key, value in told.items():
            text += line(8, sitting, trial_id=number, user_attr={key: value})
        text += line(6, sitting, trial_id=number, state=1, values=[0.5], datetime_complete=stop)
    (folder / "journal.log").write_text(text)
    found = status(folder)
    assert found.progress.elapsed == 40 * 60
    assert found.rate == pytest.approx(3.0)  # two trials in forty minutes
    assert found.driver is None


def test_json_holds_what_is_printed_and_the_genotypes(folder: Path) -> None:
    record = opened(folder)
    drive(record, 4)
    record.close()
    code, out, err = nas("status", folder, "--json")
    assert (code, err) == (0, "")
    held = json.loads(out)
    assert held["good"] == held["counts"]["complete"] == 4
    assert held["best"]["figures"]["accuracy"] == max(
        float(each["figures"]["accuracy"]) for each in held["front"]
    )
    code, out, _ = nas("status", folder)
    lines = out.splitlines()
    assert lines[1].startswith("4 of 9 done, 0 running; ")
    assert lines[2].startswith(f"best: trial {held['best']['number']}: accuracy ")
    assert sum(line.startswith("front: ") for line in lines) == len(held["front"])


def test_a_terminal_gets_a_bar_and_a_table(folder: Path) -> None:
    record = opened(folder)
    drive(record, 4)
    record.close()
    console = Console(file=io.StringIO(), force_terminal=True, width=80, highlight=False)
    show(status(folder), console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "━━━" in text
    assert "accuracy" in text
    assert "good trials an hour" in text
