"""AutoAugment's table against timm's, RandAugment's ranges against torchvision's."""

import re
from collections import Counter

import pytest
import torch
from witness import timm, torchvision

from nas.errors import UsageError
from nas.train.augment import Augmentation, RandAugment, autoaugment
from nas.train.augment.imagenet_policy import IMAGENET
from nas.train.augment.imagenet_policy import SCALE as PUBLISHED
from nas.train.augment.operations import OPERATIONS, applied
from nas.train.augment.randaugment import SCALE as GROWING

NAMES = {"TranslateYRel": "translate_y", "AutoContrast": "autocontrast"}


def snake(name):
    return NAMES.get(name, re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower())


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_policy_is_efficientnets():
    hparams = {"translate_const": 250, "img_mean": (128, 128, 128)}
    theirs = timm.data.auto_augment.auto_augment_policy_v0(hparams)
    assert len(IMAGENET) == len(theirs) == 25
    for ours, policy in zip(IMAGENET, theirs, strict=True):
        for (name, chance, level), step in zip(ours, policy, strict=True):
            assert (name, chance, level) == (snake(step.name), step.prob, step.magnitude)
            if step.level_fn is None or "translate" in name:
                continue
            share = torch.tensor([level / 10], dtype=torch.float64)
            amount = PUBLISHED[name](share, torch.tensor([1])).item()
            assert amount == pytest.approx(abs(step.level_fn(level, hparams)[0]))


def test_every_image_gets_a_sub_policy_by_its_chance():
    image = torch.randint(256, (1, 3, 32, 32), dtype=torch.uint8, generator=generator())
    count = 4000  # of 1,024 pixels: equalizing fewer than 256 changes nothing
    batch = image.expand(count, -1, -1, -1)
    out = autoaugment(batch, generator(1))
    # what leaves the image as it is: both steps skipped, or amounts of zero
    still = {("rotate", 0), ("shear_x", 0), ("shear_y", 0), ("solarize", 10)}

    def skipped(step):
        name, chance, level = step
        return 1.0 if (name, level) in still else 1 - chance

    least = sum(skipped(a) * skipped(b) for a, b in IMAGENET) / 25
    same = (out == image).flatten(1).all(1).float().mean().item()
    assert same == pytest.approx(least, abs=0.02)
    assert torch.equal(out, autoaugment(batch, generator(1)))


def test_randaugments_ranges_are_torchvisions():
    theirs = torchvision.transforms.RandAugment()._augmentation_space(31, (331, 331))
    assert {snake(name) for name in theirs} == set(GROWING)
    for name, (values, signed) in theirs.items():
        for level in (0, 3, 5, 9, 10):
            share = torch.tensor([level / 10, level / 10])
            plus, minus = GROWING[snake(name)](share, torch.tensor([1, -1])).tolist()
            if values.ndim == 0:
                continue
            expected = values[level * 3].item()
            if name in ("Brightness", "Color", "Contrast", "Sharpness"):
                plus, minus = plus - 1, minus - 1
            if name.startswith("Translate"):
                plus, minus = plus * 331, minus * 331
            assert plus == pytest.approx(expected, abs=1e-4)
            assert minus == pytest.approx(-expected if signed else expected, abs=1e-4)


def test_operations_are_drawn_with_equal_chances_and_each_image_gets_its_own():
    names = tuple(GROWING)
    image = torch.randint(256, (1, 3, 16, 16), dtype=torch.uint8, generator=generator())
    by_result = {}
    for number, name in enumerate(names):
        for sign in (1, -1):
            amount = GROWING[name](torch.tensor([0.9]), torch.tensor([sign]))
            by_result[OPERATIONS[name](image, amount).numpy().tobytes()] = number
    out = RandAugment(operations=1, magnitude=9)(image.expand(7000, -1, -1, -1), generator(1))
    counts = Counter(by_result[each.numpy().tobytes()] for each in out)
    expected = Counter(by_result.values())
    assert set(counts) == set(expected)
    for number in range(len(names)):
        if expected[number] == 2:  # signed, and alike to no other
            assert counts[number] == pytest.approx(500, abs=90)


def test_spread_varies_the_magnitude_and_zero_magnitude_moves_nothing():
    image = torch.randint(256, (1, 3, 16, 16), dtype=torch.uint8, generator=generator())
    batch = image.expand(2000, -1, -1, -1)
    one = RandAugment(1, 9, 0.0)(batch, generator()).flatten(1).unique(dim=0)
    many = RandAugment(1, 9, 0.5)(batch, generator()).flatten(1).unique(dim=0)
    assert len(one) <= 28 < 100 < len(many)
    still = RandAugment(1, 0, 0.0)(batch, generator()).flatten(1).unique(dim=0)
    assert len(still) <= 4  # itself, autocontrast, equalize; solarize of the whitest pixels


def test_images_are_not_changed_in_place():
    batch = torch.randint(256, (64, 3, 16, 16), dtype=torch.uint8)
    before = batch.clone()
    autoaugment(batch, generator()), RandAugment()(batch, generator())
    assert torch.equal(batch, before)
    everything = torch.zeros(64, dtype=torch.long)
    same = applied(batch, GROWING, everything, torch.ones(64), generator())
    assert torch.equal(same, batch)


def test_wrong_settings_are_refused():
    with pytest.raises(UsageError, match="magnitude must be from 0 to 10, but got 28"):
        Augmentation(policy="randaugment", magnitude=28)
    with pytest.raises(UsageError, match="policy 'autoaugmnt' is not known; did you mean 'autoaug"):
        Augmentation(policy="autoaugmnt")
    with pytest.raises(UsageError, match=r"erase must be a chance from 0 to 1, but got 1\.5"):
        Augmentation(erase=1.5)
