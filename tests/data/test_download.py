"""Downloads from a server on this machine that serves ranges, breaks off, and refuses."""

import hashlib
import http.server
import threading
import time

import pytest

from nas.data._download import fetch, md5
from nas.data._origin import Origin, Remote, home
from nas.errors import DataError

DATA = bytes(range(256)) * 20_000  # 5 MB: several blocks
SUM = hashlib.md5(DATA).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with DATA; `server.limit` bytes of it, then the connection is closed."""

    def do_GET(self):
        self.server.asked.append(self.headers.get("Range"))
        if self.server.silent_before:
            time.sleep(0.4)
            return
        if self.path != "/set.bin":
            self.send_error(404)
            return
        start = 0
        if (wanted := self.headers.get("Range")) and self.server.ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(DATA):
                self.send_error(416)
                return
            self.send_response(206)
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(DATA) - start))
        self.end_headers()
        self.wfile.write(DATA[start : start + self.server.limit])
        if self.server.silent:
            time.sleep(0.4)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.ranges, server.limit = [], True, len(DATA)
        server.silent = server.silent_before = False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def origin(server, file="set.bin", md5=SUM):
    url = f"http://127.0.0.1:{server.server_port}/{file}"
    return Origin("toy", ((file,),), (Remote(url, md5),))


def test_a_file_is_fetched_once_and_progress_is_told(server, home):
    told = []
    (path,) = fetch(origin(server), lambda *each: told.append(each))
    assert path == home / "toy" / "set.bin"
    assert path.read_bytes() == DATA
    assert told[-1] == ("set.bin", len(DATA), len(DATA))
    assert len(told) >= 5
    fetch(origin(server))
    assert server.asked == [None]
    assert [each.name for each in path.parent.iterdir()] == ["set.bin"]


def test_a_broken_transfer_goes_on_where_it_ended(server, home):
    server.limit = 1_500_000
    with pytest.raises(
        DataError, match=r"ended after 1,500,000 of 5,120,000 bytes; run the command"
    ):
        fetch(origin(server))
    assert not (home / "toy" / "set.bin").exists()
    server.limit = 3_000_000
    with pytest.raises(DataError, match="after 4,500,000 of 5,120,000"):
        fetch(origin(server))
    fetch(origin(server))
    assert (home / "toy" / "set.bin").read_bytes() == DATA
    assert server.asked == [None, "bytes=1500000-", "bytes=4500000-"]


def test_a_server_without_ranges_begins_anew(server, home):
    server.ranges, server.limit = False, 1_500_000
    with pytest.raises(DataError, match="the connection ended"):
        fetch(origin(server))
    server.limit = len(DATA)
    (path,) = fetch(origin(server))
    assert path.read_bytes() == DATA


def test_what_was_whole_but_not_yet_in_place_is_taken(server, home):
    (home / "toy").mkdir(parents=True)
    (home / "toy" / "set.bin.part").write_bytes(DATA)
    (path,) = fetch(origin(server))
    assert path.read_bytes() == DATA


def test_a_wrong_sum_is_refused_and_nothing_stays(server, home):
    with pytest.raises(
        DataError, match=rf"set.bin: its MD5 sum must be 0000, but is {SUM}; it was thr"
    ):
        fetch(origin(server, md5="0000"))
    assert list((home / "toy").iterdir()) == []


def test_refusals_and_absence_say_what_to_put_where(server, home):
    with pytest.raises(DataError, match=r"other.bin: the server answers 404 .*; put other.bin into "
                       rf"{home}/toy yourself \(MD5 {SUM}\)"):  # fmt: skip
        fetch(origin(server, "other.bin"))
    gone = Origin("toy", (("x.bin",),), (Remote("http://127.0.0.1:9/x.bin", SUM),))
    with pytest.raises(
        DataError, match=rf"x.bin: can't be reached: .*refused; put x.bin into {home}"
    ):
        fetch(gone)
    with pytest.raises(DataError, match="toy can't be downloaded; ask its author"):
        fetch(Origin("toy", (("x",),), manual="ask its author"))


def test_a_folder_that_can_not_be_made_is_named(server, home):
    home.write_text("a file, not a folder")
    with pytest.raises(DataError, match=rf"{home}.*can't be written: .*NAS_DATA"):
        fetch(origin(server))


def test_the_rule_of_the_folder(monkeypatch, tmp_path):
    assert home() == tmp_path / "data"
    monkeypatch.delenv("NAS_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert str(home()) == "/cache/nas"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert str(home()) == "/home/me/.cache/nas"


def test_sums_are_those_of_hashlib(tmp_path):
    (tmp_path / "x").write_bytes(DATA)
    assert md5(tmp_path / "x") == SUM


def test_stated_sums_are_torchvisions():
    from witness import torchvision

    from nas.data import load

    sums = {md5 for _, md5 in torchvision.datasets.MNIST.resources}
    assert {each.md5 for each in load("mnist").origin.remote} == sums
    sums = {md5 for _, md5 in torchvision.datasets.FashionMNIST.resources}
    assert {each.md5 for each in load("fashion-mnist").origin.remote} == sums


def test_a_full_disk_is_said(server, home):
    (home / "toy").mkdir(parents=True)
    (home / "toy" / "set.bin.part").symlink_to("/dev/full")
    with pytest.raises(DataError, match=rf"{home}/toy: can't be written: No space left on device"):
        fetch(origin(server))


def test_a_server_that_falls_silent_is_given_up(server, home, monkeypatch):
    from nas.data import _download

    monkeypatch.setattr(_download, "TIMEOUT", 0.2)
    server.limit = 1_000_000
    server.silent = True
    with pytest.raises(DataError, match="the connection ended after 1,000,000 of 5,120,000 bytes"):
        fetch(origin(server))
    server.silent_before = True
    with pytest.raises(DataError, match=r"set.bin: can't be reached: timed out; put set.bin into"):
        fetch(origin(server))
