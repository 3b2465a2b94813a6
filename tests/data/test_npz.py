import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nas.data import load
from nas.errors import DataError

RANDOM = np.random.default_rng(0)
LABELS = np.arange(60) % 3


def pixels(*shape):
    return RANDOM.integers(256, size=shape, dtype=np.uint8)


def pooled(data):
    parts = (data.train(), data.validation(), data.test())
    rows = [image.tobytes() for split in parts for image in split.images.numpy()]
    labels = [label for split in parts for label in split.labels.tolist()]
    return tuple(map(len, parts)), sorted(zip(rows, labels, strict=True))


def test_one_part_is_divided(tmp_path):
    images = pixels(60, 9, 7)
    np.savez(tmp_path / "a.npz", images=images, labels=LABELS)
    data = load(f"npz:{tmp_path}/a.npz")
    assert (data.shape, data.classes) == ((1, 9, 7), ("0", "1", "2"))
    sizes, rows = pooled(data)
    assert sizes == (48, 6, 6)
    assert rows == sorted((i.tobytes(), k) for i, k in zip(images, LABELS.tolist(), strict=True))
    train = data.train().images.double() / 255
    assert train.mean().item() == pytest.approx(data.mean[0], abs=1e-4)
    assert train.std().item() == pytest.approx(data.std[0], abs=1e-4)


@pytest.mark.parametrize("last", [True, False])
def test_keras_arrays_with_channels_last_or_first(last, tmp_path):
    images, test = pixels(60, 3, 8, 8), pixels(9, 3, 8, 8)
    order = (0, 2, 3, 1) if last else (0, 1, 2, 3)
    np.savez_compressed(
        tmp_path / "a.npz",
        x_train=images.transpose(order), y_train=LABELS[:, None],
        x_test=test.transpose(order), y_test=LABELS[:9, None],
    )  # fmt: skip
    data = load(f"npz:{tmp_path}/a.npz")
    assert np.array_equal(data.test().images.numpy(), test)
    kept = {
        i.tobytes() for split in (data.train(), data.validation()) for i in split.images.numpy()
    }
    assert kept == {i.tobytes() for i in images}
    assert len(data.validation()) == 6


def test_medmnists_three_parts_are_kept_as_they_are(tmp_path):
    arrays, stored = {}, {}
    for part, count in (("train", 30), ("val", 6), ("test", 9)):
        stored[part] = pixels(count, 28, 28, 3)
        arrays |= {f"{part}_images": stored[part], f"{part}_labels": LABELS[:count, None]}
    np.savez(tmp_path / "a.npz", **arrays)
    data = load(f"npz:{tmp_path}/a.npz")
    for part, split in zip(stored, (data.train(), data.validation(), data.test()), strict=True):
        assert np.array_equal(split.images.numpy().transpose(0, 2, 3, 1), stored[part])


def encoded(count, names=None, side=8):
    """Arrays of pictures kept as PNG files, one after another."""
    images, blobs = pixels(count, side, side, 3), []
    for image in images:
        out = io.BytesIO()
        Image.fromarray(image).save(out, "PNG")
        blobs.append(out.getvalue())
    offset = np.cumsum([0, *map(len, blobs)]).astype(np.uint32)
    arrays = {"blob": np.frombuffer(b"".join(blobs), np.uint8), "offset": offset}
    return images, {**arrays, "label": LABELS[:count].astype(np.uint8), **(names or {})}


def test_encoded_pictures_and_the_test_file_beside_them(tmp_path):
    _, train = encoded(60, {"class_names": np.array(["ant", "bee", "cat"])})
    images, test = encoded(9)
    np.savez(tmp_path / "some_train60.npz", **train)
    np.savez(tmp_path / "some_test9.npz", **test)
    data = load(f"npz:{tmp_path}/some_train60.npz")
    assert data.classes == ("ant", "bee", "cat")
    assert np.array_equal(data.test().images.numpy().transpose(0, 2, 3, 1), images)
    assert (len(data.train()), len(data.validation())) == (54, 6)
    np.savez(tmp_path / "some_test10.npz", **test)
    os.utime(tmp_path / "some_train60.npz", (1, 1))
    with pytest.raises(
        DataError, match=r"there are some_test10.npz, some_test9.npz; move the others"
    ):
        load(f"npz:{tmp_path}/some_train60.npz")


def test_files_that_do_not_fit_are_refused(tmp_path):
    def refusal(**arrays):
        np.savez(tmp_path / "a.npz", **arrays)
        refusal.count += 1
        os.utime(tmp_path / "a.npz", (refusal.count, refusal.count))
        with pytest.raises(DataError) as caught:
            load(f"npz:{tmp_path}/a.npz").train()
        return str(caught.value)

    refusal.count = 0
    assert "must hold arrays called images and labels; x_train and y_train; " in refusal(x=LABELS)
    assert "but is float64 of shape (60, 4, 4)" in refusal(
        images=np.ones((60, 4, 4)), labels=LABELS
    )
    assert "labels must be 60 integers, one per image" in refusal(
        images=pixels(60, 4, 4), labels=LABELS[:50]
    )
    assert "labels must be 0 or more, but one is -1" in refusal(
        images=pixels(60, 4, 4), labels=LABELS - 1
    )
    assert "images holds no images" in refusal(images=pixels(0, 4, 4), labels=LABELS[:0])
    assert "without gaps, but one is 1000000002 and there are 60 images" in refusal(
        images=pixels(60, 4, 4), labels=LABELS + 10**9
    )
    assert "there is no image of class '1'" in refusal(
        images=pixels(60, 4, 4), labels=LABELS // 2 * 2
    )
    _, arrays = encoded(6)
    arrays["blob"] = arrays["blob"].copy()
    arrays["blob"][: arrays["offset"][1]] = 0
    assert "image 0 can't be decoded: it is no picture" in refusal(**arrays)


def test_what_would_run_code_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.array([print], object), labels=np.zeros(1, int))
    with pytest.raises(DataError, match="images can't be read: Object arrays cannot be loaded"):
        load(f"npz:{tmp_path}/a.npz")


def test_missing_and_cut_off_files_are_named(tmp_path):
    with pytest.raises(DataError, match=r"npz needs a file: write npz:/path/to/arrays.npz"):
        load("npz")
    with pytest.raises(DataError, match=r"/nowhere.npz: can't be read: No such file"):
        load("npz:/nowhere.npz")
    np.savez(tmp_path / "a.npz", images=pixels(60, 4, 4), labels=LABELS)
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "b.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"b.npz is no NumPy archive \(.npz\), or it is cut off"):
        load(f"npz:{tmp_path}/b.npz")
    with (tmp_path / "c.npz").open("wb") as file:
        np.save(file, LABELS)
    with pytest.raises(DataError, match=r"c.npz is no NumPy archive .*; numpy.savez writes one"):
        load(f"npz:{tmp_path}/c.npz")


def jpeg_copies(name):
    path = Path(os.environ.get("NAS_BENCH_DATA", ".")) / name
    if not path.exists():
        pytest.skip(f"NAS_BENCH_DATA names no folder with {name}")
    return load(f"npz:{path}")


def test_cifar10s_jpeg_copies_of_the_test_part():
    data = jpeg_copies("cifar10_jpeg_test10000.npz")
    cifar = load("cifar10")
    assert data.shape == cifar.shape
    assert data.classes == cifar.classes
    assert data.mean == pytest.approx(cifar.mean, abs=0.02)
    assert data.std == pytest.approx(cifar.std, abs=0.02)
    parts = (data.train(), data.validation(), data.test())
    assert [each.labels.bincount().tolist() for each in parts] == [
        [n] * 10 for n in (800, 100, 100)
    ]


@pytest.mark.slow
def test_cifar10s_jpeg_copies():
    data = jpeg_copies("cifar10_jpeg_train50000.npz")
    parts = (data.train(), data.validation(), data.test())
    counts = [each.labels.bincount().tolist() for each in parts]
    assert counts == [[4500] * 10, [500] * 10, [1000] * 10]
