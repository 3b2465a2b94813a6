"""Pictures that are streamed give the batches that the same pictures give from memory."""

import logging
import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from nas.data import Pictures, Split, _pictures, load
from nas.errors import DataError
from nas.train import Score
from nas.train.feed import Feed
from nas.train.team import Team

CPU = torch.device("cpu")
MANY = min(2, len(os.sched_getaffinity(0)))  # torch warns of more workers than processors


@pytest.fixture
def data(tmp_path, monkeypatch):
    """60 photographs of two classes, streamed as if they were many."""
    random = np.random.default_rng(0)
    for label, name in enumerate(("dark", "light")):
        (tmp_path / "train" / name).mkdir(parents=True)
        for number in range(30):
            pixels = random.integers(label * 100, label * 100 + 150, size=(20, 28, 3))
            image = Image.fromarray(pixels.astype(np.uint8))
            image.save(tmp_path / "train" / name / f"{number:02d}.png")
    monkeypatch.setattr(_pictures, "MEMORY", 0)
    return load(f"folder:{tmp_path}").resized(16, 16)


def generators():
    return torch.Generator().manual_seed(1), torch.Generator().manual_seed(2)


def same(first, second):
    batches = list(first), list(second)
    assert len(batches[0]) == len(batches[1]) > 1
    for (images, labels), (others, other_labels) in zip(*batches, strict=True):
        assert torch.equal(images, others)
        assert torch.equal(labels, other_labels)


def test_streamed_batches_are_those_of_memory(data):
    pictures = data.train()
    assert isinstance(pictures, Pictures)
    memory = pictures.loaded()
    assert isinstance(memory, Split)
    still = replace(data, crop=False)  # shifts and mirror images are made on the device in both
    fast = Feed.of(still, memory, CPU)
    for workers in (0, MANY):
        slow = Feed.of(still, pictures, CPU, workers=workers)
        assert slow.steps(16) == fast.steps(16)
        same(slow.ordered(16), fast.ordered(16))
        order, _ = generators()
        again, _ = generators()
        same(slow.shuffled(16, order, None), fast.shuffled(16, again, None))
        order, moves = generators()
        again, same_moves = generators()
        same(slow.shuffled(16, order, moves), fast.shuffled(16, again, same_moves))


def test_random_crops_do_not_depend_on_the_number_of_workers(data):
    epochs = []
    for workers in (0, 1, MANY):
        order, moves = generators()
        feed = Feed.of(data, data.train(), CPU, workers=workers)
        epochs.append([*feed.shuffled(16, order, moves), *feed.shuffled(16, order, moves)])
    same(epochs[0], epochs[1])
    same(epochs[0], epochs[2])
    first, second = (torch.cat([i for i, _ in epochs[0][k : k + 4]]) for k in (0, 4))
    assert not torch.equal(first.sort(0).values, second.sort(0).values)


def test_pictures_in_memory_are_cropped_on_the_device(data):
    memory = data.train().loaded()
    order, moves = generators()
    (images, _), *_ = Feed.of(data, memory, CPU).shuffled(16, order, moves)
    order, _ = generators()
    (plain, _), *_ = Feed.of(data, memory, CPU).shuffled(16, order, None)
    assert images.shape == plain.shape
    assert (images != plain).flatten(1).any(1).all()


def test_a_team_cuts_each_batch_between_its_members_and_decodes_no_more(data, monkeypatch):
    pictures, decoded = data.train(), []
    plain = replace(data, shift=0.0, flip=False)  # what is drawn for a batch depends on its size
    image = Pictures.image
    monkeypatch.setattr(
        Pictures,
        "image",
        lambda self, place, *rest: decoded.append(place) or image(self, place, *rest),
    )
    feed = Feed.of(plain, pictures, CPU, workers=0)
    whole = list(feed.shuffled(10, *generators()))
    decoded.clear()
    parts = [list(feed.shuffled(10, *generators(), Team(rank, 3))) for rank in range(3)]
    assert sorted(decoded) == list(range(len(pictures)))
    for (images, labels), *shares in zip(whole, *parts, strict=True):
        assert torch.equal(torch.cat([each for each, _ in shares]), images)
        assert torch.equal(torch.cat([each for _, each in shares]), labels)


def test_damaged_pictures_leave_their_batches_and_are_named_once(data, tmp_path, caplog):
    pictures = data.train()
    damaged = [pictures.root / pictures.files[place] for place in (0, 3, 17)]
    for path in damaged:
        path.write_bytes(b"damaged")
    feed = Feed.of(data, pictures, CPU, workers=MANY)
    with caplog.at_level(logging.WARNING, logger="nas.data"):
        labels = torch.cat([labels for _, labels in feed.ordered(10)])
    assert len(labels) == len(pictures) - 3
    assert len(caplog.records) == 3
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(768, 2))
    assert Score.of(network, data, pictures).images == len(pictures) - 3
    for place in range(20, 24):
        (pictures.root / pictures.files[place]).unlink()
    with pytest.raises(
        DataError, match=r"more than 5 of 54 images can't be decoded, such as .*png"
    ):
        list(feed.ordered(10))
