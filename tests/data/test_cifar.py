import io
import tarfile

import numpy as np
import pytest

from nas.data import load
from nas.errors import DataError

COUNT = 40  # images a training file
FOLDERS = {"cifar10": "cifar-10-batches-bin", "cifar100": "cifar-100-binary"}
ARCHIVES = {"cifar10": "cifar-10-binary.tar.gz", "cifar100": "cifar-100-binary.tar.gz"}


def records(name):
    """Files of records as the official page describes them; pixels of an image differ by colour."""
    random = np.random.default_rng(0)
    if name == "cifar10":
        files = {f"data_batch_{i}.bin": (COUNT, 10) for i in range(1, 6)}
        files["test_batch.bin"] = (30, 10)
    else:
        files = {"train.bin": (1100, 100), "test.bin": (200, 100)}
    made = {}
    for file, (count, classes) in files.items():
        labels = np.arange(count) % classes
        pixels = random.integers(256, size=(count, 3072))
        heads = [labels] if classes == 10 else [labels // 5, labels]
        rows = np.column_stack([*heads, pixels]).astype(np.uint8)
        made[file] = (labels, pixels.reshape(-1, 3, 32, 32), rows.tobytes())
    return made


def packed(name, files):
    """A gzipped archive of the files, in its folder and beside a file of another purpose."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for file, data in {"batches.meta.txt": b"airplane\n", **files}.items():
            member = tarfile.TarInfo(f"{FOLDERS[name]}/{file}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("kind", ["archive", "folder"])
def test_records_are_read_from_the_archive_and_from_its_folder(name, kind, home):
    made = records(name)
    place = home / name
    place.mkdir(parents=True)
    if kind == "archive":
        raw = {file: data for file, (_, _, data) in made.items()}
        (place / ARCHIVES[name]).write_bytes(packed(name, raw))
    else:
        (place / FOLDERS[name]).mkdir()
        for file, (_, _, data) in made.items():
            (place / FOLDERS[name] / file).write_bytes(data)
    data = load(name)
    assert data.origin.complete
    test = data.test()
    labels, images, _ = made.popitem()[1] if name == "cifar10" else made.pop("test.bin")
    assert np.array_equal(test.images.numpy(), images)
    assert np.array_equal(test.labels.numpy(), labels)
    pool = {image.tobytes(): label for labels, images, _ in made.values()
            for image, label in zip(images.astype(np.uint8), labels, strict=True)}  # fmt: skip
    seen = []
    for split in (data.train(), data.validation()):
        for image, label in zip(split.images.numpy(), split.labels.tolist(), strict=True):
            assert pool[image.tobytes()] == label
            seen.append(image.tobytes())
    assert sorted(seen) == sorted(pool)
    assert len(data.validation()) == len(pool) // 11 if name == "cifar100" else len(pool) // 10


def test_damaged_archives_are_named(home):
    files = {file: data for file, (_, _, data) in records("cifar10").items()}
    path = home / "cifar10" / "cifar-10-binary.tar.gz"
    path.parent.mkdir(parents=True)
    whole = packed("cifar10", files)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        DataError, match=r"tar.gz can't be read: .*; it is cut off or damaged, delete"
    ):
        load("cifar10").train()
    path.write_bytes(
        packed("cifar10", {**files, "data_batch_3.bin": files["data_batch_3.bin"][:-9]})
    )
    with pytest.raises(
        DataError, match=r"3.bin must hold whole records of 3,073 bytes, but has 122,911"
    ):
        load("cifar10").train()
    del files["data_batch_2.bin"]
    path.write_bytes(packed("cifar10", files))
    with pytest.raises(DataError, match=r"holds no data_batch_2.bin; delete it and get it again"):
        load("cifar10").train()


def test_missing_archives_are_said_with_what_to_do(home):
    with pytest.raises(DataError) as refusal:
        load("cifar100").train()
    assert str(refusal.value) == (
        f"cifar100: there is no cifar-100-binary.tar.gz in {home}/cifar100; run `nas data download "
        "cifar100`, or put cifar-100-binary.tar.gz from https://www.cs.toronto.edu/~kriz there; "
        "the Python version won't do, its pickles can run code"
    )
    with pytest.raises(DataError, match="run `nas data download cifar10:/nowhere`"):
        load("cifar10:/nowhere").train()


def test_classes_are_in_the_order_of_the_labels():
    assert load("cifar10").classes[:3] == ("airplane", "automobile", "bird")
    names = load("cifar100").classes
    # the official page's superclasses 1 and 19, and alphabetical order
    assert {"beaver", "dolphin", "otter", "seal", "whale", "lawn_mower", "tank"} <= set(names)
    assert len(names) == 100
    assert list(names) == sorted(names)
