import pytest
import torch

from nas.data import Split, load
from nas.train.augment import mirrored, shifted
from nas.train.feed import Feed

CPU = torch.device("cpu")


def test_an_epoch_holds_every_image_once_in_even_batches():
    data = load("digits")
    feed = Feed.of(data, data.train(), CPU)
    sizes, sums = [], []
    for images, labels in feed.shuffled(64, torch.Generator().manual_seed(0), None):
        sizes.append(len(labels))
        sums += images.double().sum((1, 2, 3)).tolist()
    assert (len(sizes), set(sizes)) == (feed.steps(64), {63, 64})
    whole = next(iter(feed.ordered(2000)))[0]
    assert sorted(sums) == pytest.approx(sorted(whole.double().sum((1, 2, 3)).tolist()), abs=1e-4)


def test_batches_are_normalised_by_channel():
    data = load("digits")
    (images, labels), *rest = Feed.of(data, data.train(), CPU).ordered(1000)
    assert [len(each[1]) for each in rest] == [78]
    whole = torch.cat([images, rest[0][0]])
    assert whole.mean().item() == pytest.approx(0, abs=1e-3)
    assert whole.std().item() == pytest.approx(1, abs=1e-3)
    assert torch.equal(labels, data.train().labels[:1000])


def test_augmented_digits_move_but_do_not_flip():
    data = load("digits")
    one = Split(data.train().images[:1].repeat(200, 1, 1, 1), torch.zeros(200, dtype=torch.int64))
    feed = Feed.of(data, one, CPU)
    (still, _), *_ = feed.shuffled(200, torch.Generator(), None)
    (moved, _), *_ = feed.shuffled(200, torch.Generator(), torch.Generator().manual_seed(0))
    assert torch.equal(still[0], still[1])
    assert len({tuple(each.flatten().tolist()) for each in moved}) > 50  # of 81 places
    assert moved.shape == still.shape


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
