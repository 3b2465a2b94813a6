import torch

from nas.train.augment import cropped, mirrored, shifted


def test_shifting_is_padding_and_cropping():
    images = torch.randint(256, (40, 3, 6, 9), dtype=torch.uint8)
    moved = shifted(images, 2, torch.Generator().manual_seed(0))
    assert moved.shape == images.shape
    padded = torch.nn.functional.pad(images, (2, 2, 2, 2))
    crops = {}
    for row in range(5):
        for column in range(5):
            crops[row, column] = padded[:, :, row : row + 6, column : column + 9]
    places = [
        next(at for at, crop in crops.items() if torch.equal(crop[i], moved[i])) for i in range(40)
    ]
    assert len(set(places)) > 10


def test_mirroring_mirrors_about_half():
    images = torch.randint(256, (400, 1, 4, 5), dtype=torch.uint8)
    out = mirrored(images, torch.Generator().manual_seed(0))
    flipped = sum(torch.equal(a.flip(2), b) for a, b in zip(images, out, strict=True))
    kept = sum(torch.equal(a, b) for a, b in zip(images, out, strict=True))
    assert flipped + kept == 400
    assert 160 < flipped < 240


def test_crops_show_a_part_of_the_image():
    """Pixels tell their own place, so that a crop's corners tell what was cut out."""
    side, count = 64, 2000
    along = torch.arange(side, dtype=torch.uint8) * 4
    places = torch.stack([along.expand(side, side), along[:, None].expand(side, side)])
    images = places.expand(count, 2, side, side)
    out = cropped(images, torch.Generator().manual_seed(0)).float() / 4
    assert out.shape == images.shape
    # step from one pixel of the crop to the next, in pixels of the image
    wide = (out[:, 0, 32, 48] - out[:, 0, 32, 16]) / 32
    tall = (out[:, 1, 48, 32] - out[:, 1, 16, 32]) / 32
    area, aspect = wide * tall, wide / tall
    assert 0.06 < area.min() < 0.12
    assert 0.9 < area.max() <= 1.05
    assert abs(area.mean() - 0.54) < 0.03
    assert aspect.min() > 0.7
    assert aspect.max() < 1.45
    middle = out[:, 0, 32, 32]
    assert middle.min() < 16
    assert middle.max() > 48
    assert abs(middle.mean() - 32) < 1
