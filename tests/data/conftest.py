"""Data sets small enough to make: IDX files, CIFAR's records; and none but these are found."""

import gzip

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The folder in which data sets are looked for."""
    folder = tmp_path / "data"
    monkeypatch.setenv("NAS_DATA", str(folder))
    return folder


def packed(array):
    head = bytes((0, 0, 8, array.ndim)) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return head + array.astype(np.uint8).tobytes()


@pytest.fixture
def idx():
    """What makes the bytes of an IDX file of an array of bytes."""
    return packed


@pytest.fixture
def mnist(tmp_path):
    """A folder with 200 + 50 images of MNIST's layout; image i of a file shows the number i."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    for prefix, count in (("train", 200), ("t10k", 50)):
        images = np.broadcast_to(np.arange(count)[:, None, None], (count, 28, 28))
        files = {"images-idx3": packed(images), "labels-idx1": packed(np.arange(count) % 10)}
        for name, data in files.items():
            (folder / f"{prefix}-{name}-ubyte.gz").write_bytes(gzip.compress(data))
    return folder
