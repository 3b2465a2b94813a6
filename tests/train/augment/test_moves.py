import torch

from nas.train.augment import mirrored, shifted


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
