"""`nas data`."""

import gzip
import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nas import cli
from nas.data import names


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NAS_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that the official address of MNIST leads to."""
    from nas.data import mnist

    folder = tmp_path / "site"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(mnist, "ADDRESS", f"http://127.0.0.1:{server.server_port}")
        yield folder
        server.shutdown()
        thread.join()


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    assert cli.main(["data", "list", "--json"]) == 0
    return {row["name"]: row for row in json.loads(capsys.readouterr().out)}


def test_every_data_set_is_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(capsys)
    assert [name.partition(":")[0] for name in rows] == list(names())
    # sizes, shapes and classes of the official pages
    for name, shape, classes, images in (
        ("mnist", [1, 28, 28], 10, 70_000),
        ("fashion-mnist", [1, 28, 28], 10, 70_000),
        ("cifar10", [3, 32, 32], 10, 60_000),
        ("cifar100", [3, 32, 32], 100, 60_000),
        ("digits", [1, 32, 32], 10, 1_797),
    ):
        row = rows[name]
        assert (row["shape"], row["classes"]) == (shape, classes)
        assert isinstance(row["images"], list)
        assert sum(row["images"]) == images
    assert rows["digits"]["here"] is True
    assert rows["cifar10"]["here"] is False
    assert rows["npz:FILE"]["shape"] is None


def test_the_table_has_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["data", "list"]) == 0
    table = capsys.readouterr().out
    assert "cifar100" in table
    assert "45,000" in table
    assert "folder:FOLDER" in table
    assert "nas data download NAME" in table


def test_files_are_fetched_checked_and_then_here(
    site: Path, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nas.data import _idx, mnist

    contents = {f"{name}.gz": gzip.compress(name.encode()) for name in _idx.FILES}
    for name, data in contents.items():
        (site / name).write_bytes(data)
    assert cli.main(["data", "download", "mnist"]) == 1
    told = capsys.readouterr().err
    assert f"its MD5 sum must be {mnist.SUMS[0]}, but is" in told
    sums = tuple(hashlib.md5(data).hexdigest() for data in contents.values())
    monkeypatch.setattr(mnist, "SUMS", sums)
    assert cli.main(["data", "download", "mnist"]) == 0
    fetched = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert {path.name: path.read_bytes() for path in fetched} == contents
    assert {path.parent for path in fetched} == {home / "mnist"}
    assert listed(capsys)["mnist"]["here"] is True
    assert cli.main(["data", "download", "mnist"]) == 0
    assert capsys.readouterr().out.split() == [str(path) for path in fetched]


def test_what_can_not_be_fetched_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["data", "download", "digits"]) == 0
    assert capsys.readouterr().out == "digits: nothing to download\n"
    assert cli.main(["data", "download", "imagenet"]) == 1
    assert "imagenet can't be downloaded; get ILSVRC2012_img_train.tar" in capsys.readouterr().err
    assert cli.main(["data", "download", "cifar"]) == 1
    unknown = capsys.readouterr().err
    assert unknown.startswith("nas: data set 'cifar' is not known; did you mean 'cifar")
    assert cli.main(["data", "download", "npz"]) == 1
    assert "npz needs a file" in capsys.readouterr().err


def test_a_search_without_its_data_ends_before_it_begins(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    words = ["search", "--space", "mbconv", "--data", "cifar10", "--trials", "1", "--out", str(run)]
    assert cli.main(words) == 1
    told = capsys.readouterr().err
    assert f"cifar10: there is no cifar-10-binary.tar.gz in {home}/cifar10; run `nas data" in told
    assert told.count("\n") == 1
    assert not run.exists()


@pytest.mark.parametrize(
    "words", [["train", "lenet5"], ["search", "--space", "mbconv", "--trials", "1"]]
)
def test_training_and_search_fetch_what_is_missing(
    words: list[str], site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path / "out")]
    assert cli.main([*words, "--data", "mnist", "--download", *out]) == 1
    told = capsys.readouterr().err
    assert "the server answers 404" in told  # the site is empty
    assert not (tmp_path / "out").exists()
