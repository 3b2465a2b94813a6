import numpy as np
import pytest
import torch
from scipy import stats

from nas.train.augment import blended, cutmix, mixup


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(count=64, classes=64):
    """Every image is constant at its own label, so that a pixel tells whom it is from."""
    labels = torch.arange(count) % classes
    return labels.float()[:, None, None, None].expand(count, 3, 10, 14).clone(), labels


def test_mixup_blends_images_and_labels_in_the_same_share():
    images, labels = batch()
    for seed in range(5):
        out, soft = mixup(images, labels, 64, 1.0, generator(seed))
        assert soft.shape == (64, 64)
        torch.testing.assert_close(soft.sum(1), torch.ones(64))
        # a constant image's mixture is the mean of the labels weighed by the soft label
        expected = soft @ torch.arange(64.0)
        torch.testing.assert_close(out[:, 0, 0, 0], expected)
        assert (out == out[:, :1, :1, :1]).all()
        shares = soft.gather(1, labels[:, None])
        assert ((shares - shares.min()).abs() < 1e-6).sum() >= 60  # all but fixed points


def test_mixups_shares_are_of_the_beta_distribution():
    images, labels = torch.zeros(2, 1, 1, 1), torch.tensor([0, 1])
    random, shares = generator(), []
    while len(shares) < 2000:
        _, soft = mixup(images, labels, 2, 0.4, random)
        if soft[0, 0] != 1:  # else the partner of each is itself
            shares.append(soft[0, 0].item())
    assert stats.kstest(shares, stats.beta(0.4, 0.4).cdf).pvalue > 1e-3


def test_cutmix_pastes_one_box_and_its_share_of_the_label():
    images, labels = batch()
    areas = []
    for seed in range(40):
        out, soft = cutmix(images, labels, 64, 1.0, generator(seed))
        pasted = out[:, 0] != images[:, 0]
        box = pasted.any(0)
        areas.append(box.float().mean().item())
        if not box.any():
            continue
        rows, columns = box.any(1).nonzero(), box.any(0).nonzero()
        height, width = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
        assert box.sum() == height * width
        changed = pasted.flatten(1).any(1)
        assert (pasted[changed] == box).all()
        partner = out[:, 0][:, box][:, 0].long()
        expected = torch.zeros(64, 64)
        expected[range(64), labels] += 1 - box.float().mean()
        expected[range(64), partner] += box.float().mean()
        torch.testing.assert_close(soft, expected)
    # 1 - share is uniform at alpha 1; the border cuts about a quarter of it off
    assert 0.25 < np.mean(areas) < 0.5
    assert np.std(areas) > 0.15


def test_either_comes_about_half_the_time():
    images, labels = batch()
    kinds = []
    for seed in range(200):
        out, _ = blended(images, labels, 64, (1.0, 1.0), generator(seed))
        kinds.append(bool((out == out[:, :1, :1, :1]).all()))
    assert 70 < sum(kinds) < 130


def test_pixels_and_labels_of_other_types_keep_them():
    images, labels = batch()
    out, soft = mixup(images.half(), labels, 64, 1.0, generator())
    assert (out.dtype, soft.dtype) == (torch.float16, torch.float16)
    assert torch.equal(images, batch()[0])


def test_layout_in_memory_is_kept():
    images, labels = batch()
    images = images.contiguous(memory_format=torch.channels_last)
    for mix in (mixup, cutmix):
        out, _ = mix(images, labels, 64, 1.0, generator())
        assert out.is_contiguous(memory_format=torch.channels_last)


def test_a_soft_cross_entropy_is_the_mixture_of_two_hard_ones():
    images, labels = batch(8, 4)
    _, soft = cutmix(images, labels, 4, 1.0, generator(3))
    logits = torch.randn(8, 4, generator=generator())
    loss = torch.nn.functional.cross_entropy(logits, soft)
    by_class = torch.stack(
        [
            torch.nn.functional.cross_entropy(logits, torch.full((8,), k), reduction="none")
            for k in range(4)
        ],
        1,
    )
    assert loss.item() == pytest.approx((soft * by_class).sum(1).mean().item(), rel=1e-5)
