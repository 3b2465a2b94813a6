import pytest
import torch

from nas.train.augment import cutout, erased


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def extent(mask):
    """First and last row and column that `mask` (H, W) holds."""
    rows, columns = mask.any(1).nonzero(), mask.any(0).nonzero()
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def test_cutout_clears_one_square_around_any_pixel_and_nothing_else():
    images = torch.ones(500, 2, 12, 16)
    out = cutout(images, 6, generator())
    assert set(out.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(out[:, 0], out[:, 1])
    places = set()
    for image in out[:, 0]:
        top, bottom, left, right = extent(image == 0)
        assert (image[top : bottom + 1, left : right + 1] == 0).all()
        # six pixels a side, fewer where the border cuts: centre - 3 .. centre + 2
        assert bottom - top + 1 == 6 or top == 0 or bottom == 11
        assert right - left + 1 == 6 or left == 0 or right == 15
        assert bottom - top + 1 >= 3
        places.add((top, bottom, left, right))
    assert len(places) > 100  # of 12 x 16 centres
    assert torch.equal(images, torch.ones(500, 2, 12, 16))


def test_random_erasing_takes_the_papers_areas_and_aspects():
    images = torch.full((800, 3, 40, 40), 7.0)
    out = erased(images, 0.5, generator())
    touched = (out != images).any(1)
    chosen = touched.flatten(1).any(1)
    assert 340 < chosen.sum() < 460
    areas, aspects, noise = [], [], []
    for image, mask in zip(out[chosen], touched[chosen], strict=True):
        top, bottom, left, right = extent(mask)
        height, width = bottom - top + 1, right - left + 1
        assert mask.sum() == height * width
        areas.append(height * width / 1600)
        aspects.append(height / width)
        noise.append(image[:, top : bottom + 1, left : right + 1].flatten())
    assert 0.01 < min(areas) < 0.04
    assert 0.28 < max(areas) < 0.36
    assert sum(areas) / len(areas) == pytest.approx((0.02 + 1 / 3) / 2, abs=0.02)
    assert min(aspects) >= 0.25
    assert max(aspects) <= 4
    assert sum(each < 1 for each in aspects) / len(aspects) == pytest.approx(0.5, abs=0.08)
    noise = torch.cat(noise)
    assert noise.mean().item() == pytest.approx(0, abs=0.02)
    assert noise.std().item() == pytest.approx(1, abs=0.02)


def test_a_chance_of_zero_erases_nothing_and_of_one_everything():
    images = torch.full((50, 1, 8, 8), 9.0)
    assert torch.equal(erased(images, 0.0, generator()), images)
    assert (erased(images, 1.0, generator()) != images).flatten(1).any(1).all()
