import gzip

import numpy as np
import pytest
import torch

from nas.data import load
from nas.data._idx import read
from nas.errors import DataError


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_training_and_validation_are_the_training_files_and_test_the_test_files(name, mnist):
    data = load(f"{name}:{mnist}")
    train, validation, test = data.train(), data.validation(), data.test()
    shown = [split.images[:, 0, 0, 0].tolist() for split in (train, validation, test)]
    assert sorted(shown[0] + shown[1]) == list(range(200))
    assert shown[2] == list(range(50))
    for split, numbers in zip((train, validation, test), shown, strict=True):
        assert split.images.shape[1:] == data.shape == (1, 28, 28)
        assert [number % 10 for number in numbers] == split.labels.tolist()
    assert validation.labels.bincount().tolist() == [2] * 10
    assert data.validation().images.equal(validation.images)


def test_unpacked_files_in_the_usual_folder_are_found(mnist, home):
    (home / "mnist").mkdir(parents=True)
    for file in mnist.iterdir():
        (home / "mnist" / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    data = load("mnist")
    assert data.origin.complete
    assert torch.equal(data.test().images, load(f"mnist:{mnist}").test().images)


def test_missing_files_are_said_with_what_to_do(home):
    data = load("mnist")
    assert not data.origin.complete
    with pytest.raises(DataError) as refusal:
        data.train()
    assert str(refusal.value) == (
        f"mnist: there is no train-images-idx3-ubyte.gz in {home}/mnist; run `nas data download "
        "mnist`, or put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
        "t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz from "
        "https://ossci-datasets.s3.amazonaws.com/mnist there"
    )
    with pytest.raises(DataError, match=r"fashion-mnist: .*`apt install dataset-fashion-mnist`"):
        load("fashion-mnist:/nowhere").train()


def test_damaged_files_are_named(mnist):
    path = mnist / "train-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        DataError, match=r"images-idx3-ubyte.gz can't be read: .*; delete it and get"
    ):
        load(f"mnist:{mnist}").train()
    path.write_bytes(b"<html>moved</html>")
    with pytest.raises(DataError, match="can't be read: Not a gzipped file"):
        load(f"mnist:{mnist}").train()
    path.write_bytes(gzip.compress(gzip.decompress(whole)[:-7]))
    with pytest.raises(DataError, match=r"156,800 bytes for its shape \(200, 28, 28\), but holds"):
        load(f"mnist:{mnist}").train()
    path.write_bytes((mnist / "train-labels-idx1-ubyte.gz").read_bytes())
    with pytest.raises(DataError, match=r"no IDX file of 3 dimensions of bytes: .* 00 00 08 01"):
        load(f"mnist:{mnist}").train()


def test_labels_of_another_file_are_noticed(mnist):
    (mnist / "t10k-labels-idx1-ubyte.gz").replace(mnist / "train-labels-idx1-ubyte.gz")
    with pytest.raises(DataError, match=r"holds 50 labels, but train-images\S+ holds 200 images"):
        load(f"mnist:{mnist}").train()


def test_a_class_missing_from_a_split_is_named(mnist, idx):
    labels = np.arange(50) % 8
    (mnist / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    with pytest.raises(DataError, match="mnist, test split: there is no image of class '8', '9'; "):
        load(f"mnist:{mnist}").test()
    labels[7] = 11
    (mnist / "t10k-labels-idx1-ubyte").write_bytes(idx(labels))
    (mnist / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="labels must be 0 to 9, but one is 11"):
        load(f"mnist:{mnist}").test()


def test_any_shape_is_read(tmp_path, idx):
    array = np.random.default_rng(0).integers(256, size=(3, 4, 5))
    (tmp_path / "x").write_bytes(idx(array))
    assert np.array_equal(read(tmp_path / "x", 3), array)


def test_debians_fashion_mnist_is_what_its_paper_says():
    data = load("fashion-mnist")
    if not data.origin.complete:
        pytest.skip("Debian's package dataset-fashion-mnist is not installed")
    splits = (data.train(), data.validation(), data.test())
    assert tuple(map(len, splits)) == data.sizes == (54_000, 6_000, 10_000)
    whole = torch.cat([splits[0].images, splits[1].images]).double() / 255
    assert whole.mean().item() == pytest.approx(data.mean[0], abs=1e-4)
    assert whole.std().item() == pytest.approx(data.std[0], abs=1e-4)
    assert splits[2].labels.bincount().tolist() == [1000] * 10
    # the first test image is an ankle boot
    assert data.classes[splits[2].labels[0]] == "Ankle boot"
