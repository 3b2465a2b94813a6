import logging

import numpy as np
import pytest
import torch
from PIL import Image

from nas.data import Pictures, Split, _pictures, load
from nas.errors import DataError

CLASSES = ("ant", "bee", "cat")


def fill(place, count, side=16, classes=CLASSES, start=0):
    """`count` pictures a class, each of one shade that tells class and number."""
    for label, name in enumerate(classes):
        (place / name).mkdir(parents=True)
        for number in range(start, start + count):
            image = Image.new("RGB", (side, side), (80 * label, number, 7))
            image.save(place / name / f"{number:03d}.png")
    return place


def shades(split):
    return {tuple(each) for each in split.images[:, :2, 0, 0].tolist()}


@pytest.fixture(autouse=True)
def forget():
    _pictures._decoded.cache_clear()


def test_one_pool_is_divided_into_disjoint_parts_of_every_class(tmp_path):
    data = load(f"folder:{fill(tmp_path / 'pool', 20)}").resized(16, 16)
    assert data.classes == CLASSES
    assert data.shape == (3, 16, 16)
    parts = [data.train(), data.validation(), data.test()]
    assert [each.labels.bincount().tolist() for each in parts] == [[16] * 3, [2] * 3, [2] * 3]
    seen = [shades(each) for each in parts]
    assert len(set.union(*seen)) == 60
    for split in parts:
        assert isinstance(split, Split)
        assert torch.equal(split.images[:, 0, 0, 0], 80 * split.labels.byte())


def test_folders_of_parts_are_kept_apart(tmp_path):
    fill(tmp_path / "train", 20)
    fill(tmp_path / "test", 3, start=100)
    data = load(f"folder:{tmp_path}").resized(16, 16)
    held_out = shades(data.validation())
    assert len(held_out) == 6
    assert len(shades(data.train()) | held_out) == 60
    assert {number for _, number in shades(data.test())} == {100, 101, 102}
    fill(tmp_path / "valid", 2, start=200)
    data = load(f"folder:{tmp_path}").resized(16, 16)
    assert len(data.train()) == 60
    assert {number for _, number in shades(data.validation())} == {200, 201}


def test_pictures_deeper_down_count_and_other_files_do_not(tmp_path):
    fill(tmp_path, 20)
    (tmp_path / "bee" / "more").mkdir()
    Image.new("RGB", (16, 16)).save(tmp_path / "bee" / "more" / "X.JPG", "JPEG")
    for name in ("Thumbs.db", ".hidden.png", "notes.txt"):
        (tmp_path / "bee" / name).write_text("no picture")
    (tmp_path / ".git").mkdir()
    data = load(f"folder:{tmp_path}").resized(16, 16)
    assert data.classes == CLASSES
    assert sum(map(len, (data.train(), data.validation(), data.test()))) == 61


def test_damaged_pictures_are_named_and_skipped_up_to_a_limit(tmp_path, caplog):
    fill(tmp_path / "train", 20)
    fill(tmp_path / "test", 2)
    for number in range(5):
        (tmp_path / "train" / "ant" / f"{number:03d}.png").write_bytes(b"damaged")
    data = load(f"folder:{tmp_path}").resized(16, 16)
    with caplog.at_level(logging.WARNING, logger="nas.data"):
        count = len(data.train()) + len(data.validation())
    assert count == 55
    named = " ".join(each.getMessage() for each in caplog.records)
    assert f"{tmp_path}/train/ant/003.png: skipped, it can't be decoded: it is no picture" in named
    for number in range(5, 12):
        (tmp_path / "train" / "ant" / f"{number:03d}.png").write_bytes(b"damaged")
    _pictures._decoded.cache_clear()
    with pytest.raises(
        DataError, match=r"more than 5 of 5. images can't be decoded, such as ant/0"
    ):
        data.train()


def test_classes_that_differ_between_parts_are_named(tmp_path):
    fill(tmp_path / "train", 20)
    fill(tmp_path / "val", 2, classes=("ant", "bee"))
    with pytest.raises(
        DataError, match=r"val: class 'cat' is missing; every split needs all class"
    ):
        load(f"folder:{tmp_path}")
    (tmp_path / "val" / "cat").mkdir()
    with pytest.raises(DataError, match="validation split: there is no image of class 'cat'"):
        load(f"folder:{tmp_path}").validation()
    (tmp_path / "val" / "dog").mkdir()
    with pytest.raises(DataError, match="'dog' is no class of the training split; move it away"):
        load(f"folder:{tmp_path}")


def test_folders_that_are_none_are_refused(tmp_path):
    with pytest.raises(DataError, match="write folder:/path/to/images"):
        load("folder")
    with pytest.raises(DataError, match="/nowhere: there is no such folder"):
        load("folder:/nowhere")
    with pytest.raises(DataError, match="each of at least 2 classes, but holds 0 folders"):
        load(f"folder:{tmp_path}")
    fill(tmp_path / "train", 20)
    with pytest.raises(
        DataError, match="has no folder test; make one of pictures kept out of train"
    ):
        load(f"folder:{tmp_path}").test()
    fill(tmp_path / "val", 2)
    fill(tmp_path / "valid", 2)
    with pytest.raises(DataError, match="holds both val and valid; remove one"):
        load(f"folder:{tmp_path}")


@pytest.mark.parametrize(("side", "usual"), [(7, 32), (32, 32), (48, 48), (100, 96), (500, 496)])
def test_how_large_pictures_usually_are(side, usual, tmp_path):
    fill(tmp_path, 9, side)
    fill(tmp_path / "ant" / "more", 2, 2000, classes=("huge",))  # few are no matter
    for file in (tmp_path / "bee").iterdir():  # the heads are enough
        file.write_bytes(file.read_bytes()[:60])
    assert load(f"folder:{tmp_path}").side() == usual


def test_it_is_the_shorter_side_that_counts(tmp_path):
    for name, size in (("a", (64, 200)), ("b", (200, 64))):
        (tmp_path / name).mkdir()
        for number in range(4):
            Image.new("RGB", size).save(tmp_path / name / f"{number}.jpg")
    assert load(f"folder:{tmp_path}").side() == 64


def test_files_of_which_none_is_a_picture_are_told(tmp_path):
    for file in fill(tmp_path, 4).glob("*/*"):
        file.write_bytes(b"damaged")
    with pytest.raises(DataError, match="none of 9 files that were looked at is a picture"):
        load(f"folder:{tmp_path}").side()


def test_a_class_of_too_few_pictures_is_named(tmp_path):
    fill(tmp_path, 4)
    for number in (0, 1):
        (tmp_path / "bee" / f"{number:03d}.png").unlink()
    said = r"bee holds 2 pictures, too few for 3 parts \(train, validation, test\); add some"
    with pytest.raises(DataError, match=said):
        load(f"folder:{tmp_path}").train()
    for name in ("train/ant", "train/bee"):
        (tmp_path / "parts" / name).mkdir(parents=True)
    with pytest.raises(DataError, match=r"ant holds 0 pictures, too few for 2 parts \(train, val"):
        load(f"folder:{tmp_path / 'parts'}").validation()


def test_too_many_pictures_for_memory_stay_files(tmp_path, monkeypatch):
    data = load(f"folder:{fill(tmp_path, 20)}").resized(16, 16)
    small = data.train()
    monkeypatch.setattr(_pictures, "MEMORY", 1000)
    large = data.train()
    assert isinstance(large, Pictures)
    assert len(large) == len(small)
    assert torch.equal(large.labels, small.labels)
    assert torch.equal(torch.stack([large.image(i) for i in range(48)]), small.images)


def test_imagenet_is_a_folder_of_a_thousand_classes(home):
    data = load("imagenet")
    with pytest.raises(
        DataError, match=r"imagenet: there is no train in .*; get ILSVRC2012_img_train"
    ):
        data.train()
    wordnet = [name.split()[0] for name in data.classes]
    for part, count in (("train", 2), ("val", 1)):
        for label, name in enumerate(wordnet):
            place = home / "imagenet" / part / name
            place.mkdir(parents=True)
            for number in range(count):
                Image.new("L", (8, 8), label % 256).save(place / f"{part}_{number}.JPEG")
    assert data.origin.complete
    test = data.resized(8, 8).test()
    assert len(test) == 1000
    assert np.array_equal(test.labels, np.arange(1000))
    assert abs(test.images[:, 0, 4, 4].int() - torch.arange(1000) % 256).max() <= 2
    (home / "imagenet" / "val" / "n01440764").rename(home / "imagenet" / "elsewhere")
    with pytest.raises(DataError, match="val: class 'n01440764' is missing"):
        data.test()


def test_an_unsorted_imagenet_is_said(home):
    for part in ("train", "val"):
        (home / "imagenet" / part).mkdir(parents=True)
    with pytest.raises(
        DataError, match="val must hold a folder for each class, n01440764 and so on"
    ):
        load("imagenet").test()


def test_imagenets_classes_are_in_the_order_of_published_weights():
    from pathlib import Path

    from witness import timm, torchvision

    info = Path(timm.__file__).parent / "data" / "_info" / "imagenet_synsets.txt"
    expected = zip(
        info.read_text().split(), torchvision.models._meta._IMAGENET_CATEGORIES, strict=True
    )
    assert [" ".join(each) for each in expected] == list(load("imagenet").classes)
