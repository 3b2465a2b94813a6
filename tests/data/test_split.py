import pytest
import torch

from nas.data import Split
from nas.errors import DataError


def split(side=8):
    images = torch.randint(256, (5, 3, side, side), dtype=torch.uint8)
    return Split(images, torch.arange(5))


def test_resizing_keeps_constants_and_means_and_the_range():
    flat = Split(torch.full((1, 1, 8, 8), 77, dtype=torch.uint8), torch.zeros(1, dtype=torch.int64))
    assert (flat.resized(32, 20).images == 77).all()
    small = split(32)
    assert small.resized(32, 32) is small
    halved = small.resized(16, 16).images.float()
    assert halved.mean() == pytest.approx(small.images.float().mean(), abs=1.0)


def test_upsampling_is_pillows_bilinear():
    import numpy as np
    from PIL import Image

    source = split(8)
    ours = source.resized(32, 32).images
    for image, resized in zip(source.images, ours, strict=True):
        pillow = Image.fromarray(image.permute(1, 2, 0).numpy()).resize((32, 32), Image.BILINEAR)
        difference = np.asarray(pillow).astype(int) - resized.permute(1, 2, 0).numpy()
        assert abs(difference).max() <= 1


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match=r"must be bytes of shape \(N, C, H, W\), but got torch.fl"):
        Split(torch.zeros(2, 1, 8, 8), torch.zeros(2, dtype=torch.int64))
    with pytest.raises(DataError, match="must be 2 int64 values, one per image"):
        Split(torch.zeros(2, 1, 8, 8, dtype=torch.uint8), torch.zeros(3, dtype=torch.int64))
