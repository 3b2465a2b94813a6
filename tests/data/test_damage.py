"""Files with a few bytes changed or their end missing are read or refused, never a traceback."""

import gzip
import io
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nas.data import _idx, npz
from nas.data._picture import CORRUPT, opened
from nas.errors import DataError

TRIES = 60


def damaged(data, chance):
    """The data cut off somewhere, or a few of its bytes changed, half of them near the front."""
    if chance.random() < 0.3:
        return data[: chance.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 8)):
        end = len(data) if chance.random() < 0.5 else min(400, len(data))
        changed[chance.randrange(end)] = chance.randrange(256)
    return bytes(changed)


def outcomes(data, read, expected):
    """How often the damaged data could still be read, and how often it was refused."""
    chance, counts = random.Random(0), {"read": 0, "refused": 0}
    for _ in range(TRIES):
        try:
            read(damaged(data, chance))
            counts["read"] += 1
        except expected:
            counts["refused"] += 1
    return counts


def saved(save, **options):
    out = io.BytesIO()
    save(out, **options)
    return out.getvalue()


@pytest.mark.parametrize("packed", [True, False])
def test_idx_files(packed, tmp_path, idx):
    plain = idx(np.random.default_rng(0).integers(256, size=(20, 8, 8)))
    path = tmp_path / ("x.gz" if packed else "x")

    def read(data):
        path.write_bytes(data)
        _idx.read(path, 3)

    assert outcomes(gzip.compress(plain) if packed else plain, read, DataError)["refused"] > 15


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_archives_of_arrays(save, tmp_path):
    arrays = {"images": np.zeros((30, 4, 4), np.uint8), "labels": np.arange(30) % 3}
    numbers = iter(range(TRIES))

    def read(data):
        path = Path(tmp_path / f"{next(numbers)}.npz")  # what was read is remembered by its path
        path.write_bytes(data)
        npz.describe(str(path)).train()

    assert outcomes(saved(save, **arrays), read, DataError)["refused"] > 15


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of what it can do without
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "PPM"])
def test_pictures(kind):
    pixels = np.random.default_rng(0).integers(256, size=(20, 30, 3)).astype(np.uint8)
    whole = saved(Image.fromarray(pixels).save, format=kind)
    assert outcomes(whole, opened, CORRUPT)["refused"] > 5
