"""The journal: whole groups or nothing, one writer, a full disk, the stock reader."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from optuna import load_study
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from toy_search import Toy, drive, open_record, rows

from nas.errors import RunError
from nas.search.journal import OneWriterJournal
from nas.search.reading import Operation, read
from nas.search.rungs import WHOLE, Rungs
from nas.trial import Kind

SMALL = Toy(depth=1, width=9)  # short lines: each byte costs a search


@pytest.mark.parametrize(
    ("rungs", "groups", "good"),
    [
        (WHOLE, 2, (2, 3)),  # the last ask and the last tell
        (Rungs((1, 2)), 2, (0, 1)),  # a promotion and the result at the top
    ],
)
def test_cut_at_every_byte_of_the_last_groups_it_loads_and_goes_on(
    rungs: Rungs,
    groups: int,
    good: tuple[int, ...],
    journal: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # a thousand openings
    record = open_record(journal, space=SMALL, rungs=rungs)
    drive(record, 3)
    record.close()
    whole = journal.read_bytes()
    uninterrupted = open_record(journal.with_name("other.log"), space=SMALL, rungs=rungs)
    drive(uninterrupted, 4)
    expected = rows(uninterrupted)
    uninterrupted.close()
    lines = whole.splitlines(keepends=True)
    ends = [i for i, line in enumerate(lines) if b'"more":true' not in line]
    group_ends = [sum(map(len, lines[: end + 1])) for end in ends]
    gone_on: set[int] = set()  # from the ends of these groups
    for length in range(group_ends[-1 - groups], len(whole) + 1):
        journal.write_bytes(whole[:length])
        record = open_record(journal, space=SMALL, rungs=rungs)
        assert (record.cut == 0) == (length in group_ends)
        end = max(each for each in group_ends if each <= length)
        assert journal.read_bytes() == whole[:end]
        assert record.standing.good in good
        if end not in gone_on:
            drive(record, 4)
            assert rows(record) == expected
            gone_on.add(end)
        record.close()
    assert len(gone_on) == groups + 1


def test_what_is_cut_is_kept_beside(journal: Path) -> None:
    record = open_record(journal)
    drive(record, 2)
    record.close()
    with journal.open("ab") as file:
        file.write(b'{"op_code":6,"trial')
    record = open_record(journal)
    assert record.cut == 19
    assert journal.with_name("journal.log.cut").read_bytes() == b'{"op_code":6,"trial\n'
    record.close()


def test_zeros_after_a_power_loss_are_cut(journal: Path) -> None:
    record = open_record(journal)
    drive(record, 2)
    record.close()
    with journal.open("ab") as file:
        file.write(b"\0" * 5000)
    record = open_record(journal)
    assert record.standing.good == 2
    record.close()


def test_damage_before_the_end_is_refused_and_nothing_changes(journal: Path) -> None:
    record = open_record(journal)
    drive(record, 3)
    record.close()
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[8] = b"rubbish\n"
    journal.write_bytes(b"".join(lines))
    with pytest.raises(RunError, match=r"journal\.log: line 9 is damaged: b'rubbish.n'; restore"):
        open_record(journal)
    assert journal.read_bytes() == b"".join(lines)


def test_json_of_another_kind_is_refused(journal: Path) -> None:
    journal.write_text('{"op_code": 99, "worker_id": "a"}\n')
    with pytest.raises(RunError, match="is no journal of a search"):
        open_record(journal)


def test_a_second_driver_gets_one_sentence(journal: Path) -> None:
    record = open_record(journal)
    code = (
        "from pathlib import Path\n"
        "from nas.errors import RunError\n"
        "from nas.search.journal import OneWriterJournal\n"
        f"try: OneWriterJournal(Path({str(journal)!r}))\n"
        "except RunError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "is writing this run; wait until it ends, or stop it" in done.stdout
    assert "process " in done.stdout
    assert done.stdout.count("\n") == 1
    record.close()
    OneWriterJournal(journal).close()


def test_the_lock_dies_with_a_killed_driver(journal: Path) -> None:
    code = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from nas.search.journal import OneWriterJournal\n"
        f"held = OneWriterJournal(Path({str(journal)!r}))\n"
        "ours, theirs = os.pipe()\n"
        "if os.fork():\n"  # a forked child lives on, once it runs
        "    os.read(ours, 1)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "os.write(theirs, b'.')\n"
        "import time; time.sleep(20)"
    )
    done = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    assert done.wait(20) == -signal.SIGKILL
    OneWriterJournal(journal).close()


def test_a_full_disk_keeps_what_was_told_and_goes_on_when_there_is_room(journal: Path) -> None:
    record = open_record(journal)
    drive(record, 3)
    size = journal.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 700, hard))
    try:
        with pytest.raises(RunError, match=r"can't be written \(File too large\); every .* safe"):
            drive(record, 9)
        with pytest.raises(RunError, match="can't be written"):
            record.ask()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    record.close()
    assert journal.read_bytes().endswith(b"}\n")
    record = open_record(journal)
    assert record.cut == 0
    assert record.standing.good >= 3
    drive(record, 9)
    fresh = open_record(journal.with_name("fresh.log"))
    drive(fresh, 9)
    assert rows(record) == rows(fresh)
    record.close()
    fresh.close()


def test_the_stock_backend_reads_it_while_it_is_written(journal: Path) -> None:
    record = open_record(journal)
    drive(record, 4)
    storage = JournalStorage(JournalFileBackend(str(journal)))
    study = load_study(study_name="nas", storage=storage)
    assert [trial.value for trial in study.trials] == [row[3][0] for row in rows(record)]
    assert study.trials[0].user_attrs["outcome"] == Kind.COMPLETE.value
    record.close()


def test_a_trial_begins_in_one_line_also_where_it_is_refused(journal: Path) -> None:
    record = open_record(journal, space=Toy(depth=2, width=2))  # three networks of four points
    drive(record, 99)
    record.close()
    logs = [json.loads(line) for line in journal.read_text().splitlines()]
    created = [log for log in logs if log["op_code"] == Operation.CREATE_TRIAL]
    assert not [log for log in logs if log["op_code"] == Operation.PARAMETER]
    assert all(set(log["params"]) == {"d0", "d1"} for log in created)
    assert all({"genotype", "hash", "macs", "params"} <= set(log["user_attrs"]) for log in created)
    storage = JournalStorage(JournalFileBackend(str(journal)))
    stock = load_study(study_name="nas", storage=storage).trials
    ours = read(journal).trials
    assert len(ours) == len(stock) == len(created) > 3
    for trial, other in zip(ours, stock, strict=True):
        kind = Kind(other.user_attrs["outcome"])
        assert trial.kind == kind
        assert other.state.is_finished()
        assert kind == (Kind.COMPLETE if other.values else Kind.DUPLICATE)


def test_a_group_is_marked_and_written_once(journal: Path) -> None:
    backend = OneWriterJournal(journal)
    with backend:
        backend.append_logs([{"op_code": 1, "worker_id": "a"}])
        backend.append_logs([{"op_code": 2, "worker_id": "a"}])
        assert journal.stat().st_size == 0
    logs = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [log.get("more", False) for log in logs] == [True, False]
    backend.close()


def test_after_an_error_inside_a_group_nothing_of_it_is_written(journal: Path) -> None:
    backend = OneWriterJournal(journal)

    def fail() -> None:
        with backend:
            backend.append_logs([{"op_code": 1, "worker_id": "a"}])
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert journal.read_bytes() == b""
    with pytest.raises(RunError, match="given up half-way"):
        backend.append_logs([{"op_code": 1, "worker_id": "a"}])
    backend.close()


def test_an_unwritable_folder_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="can't be opened for writing: No such file or directory"):
        OneWriterJournal(tmp_path / "absent" / "journal.log")
