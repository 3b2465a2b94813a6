import pytest
import torch

from nas.data import Split, load
from nas.train.augment import Augmentation
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


def test_labels_are_soft_where_images_are_mixed():
    data = load("digits")
    feed = Feed.of(data, data.train(), CPU, Augmentation(cutout=8, mixup=0.4))
    order, moves = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
    images, labels = next(iter(feed.shuffled(64, order, moves)))
    assert images.shape == (64, *data.shape)
    assert labels.shape == (64, 10)
    torch.testing.assert_close(labels.sum(1), torch.ones(64))
    assert images.is_contiguous(memory_format=torch.channels_last)
    order.manual_seed(0)
    _, hard = next(iter(feed.shuffled(64, order, None)))
    assert (labels.gather(1, hard[:, None]) > 0).all()


def test_the_same_generators_give_the_same_batches():
    data = load("digits")
    feed = Feed.of(data, data.train(), CPU, Augmentation(erase=0.5, mixup=0.8, cutmix=1.0))

    def epoch(seed):
        order, moves = torch.Generator().manual_seed(0), torch.Generator().manual_seed(seed)
        state = torch.get_rng_state()
        batches = list(feed.shuffled(300, order, moves))
        assert torch.equal(torch.get_rng_state(), state)
        return torch.cat([images for images, _ in batches]), torch.cat(
            [soft for _, soft in batches]
        )

    (first, soft), (again, _), (other, _) = epoch(1), epoch(1), epoch(2)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert soft.shape == (len(data.train()), 10)
