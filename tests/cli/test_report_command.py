"""`nas report`."""

import json
from pathlib import Path

import pytest
from reported import make

from nas import cli


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("told") / "run", 3).folder


def test_it_writes_into_the_run_and_says_where(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["report", str(run)]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{run}/report/report.html: 6 figures, 1 of them without data, ")
    assert (run / "report" / "incumbent-time.png").exists()


def test_out_writes_the_page_alone(run: Path, tmp_path: Path) -> None:
    page = tmp_path / "new" / "page.html"
    assert cli.main(["report", str(run), "--out", str(page)]) == 0
    assert [path.name for path in page.parent.iterdir()] == ["page.html"]
    assert page.read_text().startswith("<!DOCTYPE html>")


def test_json_writes_nothing(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(run.rglob("*"))
    assert cli.main(["report", str(run), "--json"]) == 0
    held = json.loads(capsys.readouterr().out)
    assert len(held["figures"]["incumbent-time"]["tables"]["results"]) == 3
    assert held["figures"]["importance"]["missing"].startswith("3 candidates have a comparable")
    assert sorted(run.rglob("*")) == before


def test_mistakes_are_one_sentence(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["report", str(tmp_path)]) == 1
    assert "holds no run (no journal.log)" in capsys.readouterr().err
    assert cli.main(["report", str(run), "--out", "page.txt"]) == 2
    assert "must end in .html, as a browser is to open it" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert cli.main(["report", str(run), "--out", str(tmp_path / "file" / "x.html")]) == 1
    assert "can't be written" in capsys.readouterr().err
