import subprocess
import sys

import pytest

from nas import data
from nas.data import DataSet, argument, download, load, names
from nas.errors import DataError


def test_every_data_set_says_where_it_comes_from():
    assert set(names()) >= {"digits", "fashion-mnist", "mnist", "cifar10", "cifar100", "imagenet"}
    for name in names():
        if argument(name):
            continue  # the user's own
        described = load(name)
        assert described.name == name
        assert described.source.startswith("https://")
        assert described.licence
        assert len(described.classes) == len(set(described.classes)) > 1


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(DataError, match=r"data set 'digit' is not known; did you mean 'digits'\?"):
        load("digit")
    with pytest.raises(DataError, match=r"'zzz' is not known; there are cifar10, .*digits"):
        load("zzz")
    with pytest.raises(DataError, match="'_base' is not known"):
        load("_base")


def test_a_folder_that_is_named_as_a_data_set_is_told_how_to_be(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    with pytest.raises(DataError, match=r"'photos' is not known; .* is named folder:photos"):
        load("photos")


def test_only_an_explicit_call_reads_test_images():
    read = []
    kept = load("digits")
    spied = DataSet(
        "spied", (1, 8, 8), kept.classes, (0.0,), (1.0,), "", "",
        lambda part: read.append(part) or kept.read(part),
    )  # fmt: skip
    spied.train(), spied.validation()
    assert read == ["train", "validation"]
    spied.test()
    assert read == ["train", "validation", "test"]


def test_wrong_normalisation_and_sizes_are_refused():
    kept = load("digits")
    with pytest.raises(DataError, match="one value per channel, but got 1 and 1 for 3 channels"):
        DataSet("x", (3, 8, 8), ("a", "b"), (0.5,), (0.5,), "", "", kept.read)
    with pytest.raises(DataError, match="at least 1 pixel, but got 0 x 8"):
        kept.resized(0, 8)


def test_describing_data_does_not_load_torch():
    code = (
        "import sys, nas.data as d; [d.load(n) for n in d.names() if not d.argument(n)]; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert data.__doc__


def test_the_users_own_need_an_argument_and_the_others_do_not():
    assert {name: argument(name) for name in names() if argument(name)} == {
        "folder": "FOLDER",
        "npz": "FILE",
    }
    assert download(load("digits")) == ()
    with pytest.raises(DataError, match="imagenet can't be downloaded; get ILSVRC2012_img_train"):
        download(load("imagenet"))
