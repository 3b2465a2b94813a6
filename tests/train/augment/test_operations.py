"""Batches of operations against Pillow, one image at a time."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps

from nas.train.augment import tones, warps

GREY = (128, 128, 128)


@pytest.fixture(scope="module")
def images():
    """Noise, blobs, a dark one, one of a single colour: uneven sizes on purpose."""
    random = torch.Generator().manual_seed(0)
    noise = torch.randint(256, (6, 3, 37, 45), dtype=torch.uint8, generator=random)
    coarse = torch.rand(6, 3, 5, 5, generator=random) * 300 - 20
    blobs = torch.nn.functional.interpolate(coarse, (37, 45), mode="bicubic").clamp(0, 255).byte()
    flat = torch.full((1, 3, 37, 45), 90, dtype=torch.uint8)
    return torch.cat([noise, blobs, noise[:1] // 16, flat])


def amounts(count, low, high):
    random = torch.Generator().manual_seed(1)
    return torch.rand(count, generator=random) * (high - low) + low


def pillow(images, change):
    """Each image after `change(image, number)`."""
    pictures = [Image.fromarray(each.permute(1, 2, 0).numpy()) for each in images]
    changed = [np.array(change(each, i)) for i, each in enumerate(pictures)]
    return torch.from_numpy(np.stack(changed)).permute(0, 3, 1, 2)


@pytest.mark.parametrize("name", ["brightness", "color", "contrast", "sharpness"])
def test_enhancements_are_pillows(name, images):
    factors = amounts(len(images), 0, 2.5)
    enhance = getattr(ImageEnhance, name.capitalize())
    expected = pillow(images, lambda image, i: enhance(image).enhance(float(factors[i])))
    assert torch.equal(getattr(tones, name)(images, factors), expected)


@pytest.mark.parametrize("name", ["invert", "equalize", "autocontrast"])
def test_operations_without_amount_are_pillows(name, images):
    expected = pillow(images, lambda image, _: getattr(ImageOps, name)(image))
    assert torch.equal(getattr(tones, name)(images), expected)


def test_solarize_and_posterize_are_pillows(images):
    threshold = amounts(len(images), 0, 257).floor()
    expected = pillow(images, lambda image, i: ImageOps.solarize(image, int(threshold[i])))
    assert torch.equal(tones.solarize(images, threshold), expected)
    bits = torch.arange(len(images)) % 8 + 1
    expected = pillow(images, lambda image, i: ImageOps.posterize(image, int(bits[i])))
    assert torch.equal(tones.posterize(images, bits), expected)
    assert not tones.posterize(images, torch.zeros(len(images))).any()


def test_solarize_add_is_a_look_up_per_pixel(images):
    amount = amounts(len(images), 0, 110).floor()

    def change(image, i):
        return image.point([v + int(amount[i]) if v < 128 else v for v in range(256)] * 3)

    assert torch.equal(tones.solarize_add(images, amount), pillow(images, change))


def transform(name, size, amount):
    """Pillow's matrix of an operation, as AutoAugment's and timm's code write it."""
    matrix = {
        "shear_x": (1, amount, 0, 0, 1, 0),
        "shear_y": (1, 0, 0, amount, 1, 0),
        "translate_x": (1, 0, amount, 0, 1, 0),
        "translate_y": (1, 0, 0, 0, 1, amount),
    }[name]
    return size, Image.Transform.AFFINE, matrix, Image.Resampling.NEAREST


@pytest.mark.parametrize(
    ("name", "most"),
    [("shear_x", 0.3), ("shear_y", 0.3), ("translate_x", 20), ("translate_y", 20)],
)
def test_shears_and_translations_are_pillows(name, most, images):
    amount = amounts(len(images), -most, most)

    def change(image, i):
        return image.transform(*transform(name, image.size, float(amount[i])), fillcolor=GREY)

    assert torch.equal(getattr(warps, name)(images, amount), pillow(images, change))


def test_rotation_is_pillows(images):
    degrees = amounts(len(images), -90, 90)
    expected = pillow(images, lambda image, i: image.rotate(float(degrees[i]), fillcolor=GREY))
    # Pillow rounds places to 1/65,536 of a pixel
    assert (warps.rotate(images, degrees) != expected).float().mean() < 1e-3


def test_quarter_turns_and_whole_shifts_are_exact():
    square = torch.randint(256, (2, 3, 8, 8), dtype=torch.uint8)
    turned = warps.rotate(square, torch.tensor([90.0, 180.0]))
    assert torch.equal(turned[0], square[0].rot90(1, (1, 2)))
    assert torch.equal(turned[1], square[1].rot90(2, (1, 2)))
    moved = warps.translate_x(square, torch.tensor([3.0, -3.0]))
    assert torch.equal(moved[0, :, :, :5], square[0, :, :, 3:])
    assert (moved[0, :, :, 5:] == 128).all()
    assert torch.equal(moved[1, :, :, 3:], square[1, :, :, :5])


def test_grey_images_have_no_colour_to_change(images):
    grey = images[:, :1]
    factors = amounts(len(grey), 0, 2)
    assert torch.equal(tones.color(grey, factors), grey)
    expected = torch.stack(
        [
            torch.from_numpy(np.array(ImageEnhance.Contrast(Image.fromarray(each[0].numpy())).enhance(f)))
            for each, f in zip(grey, factors.tolist(), strict=True)
        ]
    )  # fmt: skip
    assert torch.equal(tones.contrast(grey, factors)[:, 0], expected)


def test_images_too_small_to_smooth_stay():
    small = torch.randint(256, (2, 3, 2, 5), dtype=torch.uint8)
    assert torch.equal(tones.sharpness(small, torch.tensor([0.0, 2.0])), small)
