import io
import random

import numpy as np
import pytest
from PIL import Image
from witness import torchvision

from nas.data._picture import CORRUPT, cropped, decoded, opened, viewed
from nas.errors import DataError


def photo(width=90, height=60):
    """A picture with structure: gradients, a bright corner at the top left."""
    y, x = np.mgrid[:height, :width]
    pixels = np.stack([x * 255 // width, y * 255 // height, (x + y) % 256], 2).astype(np.uint8)
    pixels[:15, :20] = 255
    return Image.fromarray(pixels)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def test_plain_pictures_are_what_was_saved():
    image = photo()
    assert np.array_equal(decoded(saved(image, "PNG")), np.asarray(image))
    assert decoded(saved(image, "JPEG")).shape == (60, 90, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_obeyed(orientation):
    upright = photo()
    # what a camera stores: turned or mirrored so that the tag leads back
    back = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    stored = upright if back is None else upright.transpose(back)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = opened(saved(stored, "PNG", exif=exif))
    assert np.array_equal(np.asarray(image), np.asarray(upright))


def test_grey_pictures_of_8_and_16_bits_become_grey_in_rgb():
    grey = photo().convert("L")
    expected = np.asarray(grey)
    for picture in (grey, Image.fromarray(expected.astype(np.uint16) * 256)):
        array = decoded(saved(picture, "PNG"))
        assert array.shape == (60, 90, 3)
        assert (array == expected[..., None]).all()
    one_bit = decoded(saved(grey.convert("1"), "PNG"))
    assert set(np.unique(one_bit)) == {0, 255}


def test_cmyk_pictures_keep_their_colours():
    image = photo()
    array = decoded(saved(image.convert("CMYK"), "JPEG", quality=95)).astype(int)
    assert abs(array - np.asarray(image)).mean() < 4


def test_transparent_parts_are_white_and_palettes_are_looked_up():
    image = photo().convert("RGBA")
    image.putalpha(
        Image.fromarray(np.where(np.arange(90) < 45, 255, 0)[None].repeat(60, 0).astype(np.uint8))
    )
    array = decoded(saved(image, "PNG"))
    assert (array[:, 45:] == 255).all()
    assert np.array_equal(array[:, :45], np.asarray(photo())[:, :45])
    palette = photo().quantize(64)
    assert np.array_equal(decoded(saved(palette, "PNG")), np.asarray(palette.convert("RGB")))
    see_through = photo().quantize(64)
    array = decoded(saved(see_through, "PNG", transparency=see_through.getpixel((5, 5))))
    assert (array[5, 5] == 255).all()
    assert decoded(saved(photo().quantize(64), "GIF")).shape == (60, 90, 3)


def test_floats_have_no_white():
    grey = Image.fromarray(np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4))
    with pytest.raises(DataError, match="its pixels are floats, of which nobody says what white"):
        opened(saved(grey, "TIFF"))


def test_damaged_files_raise_what_is_caught():
    for data in (b"", b"no picture", saved(photo(), "JPEG")[:-200], saved(photo(), "PNG")[:200]):
        with pytest.raises(CORRUPT):
            opened(data)
    with pytest.raises(CORRUPT, match="exceeds limit"):
        opened(saved(Image.new("1", (20_000, 20_000)), "PNG"))


@pytest.mark.parametrize(
    ("size", "side"),
    [((500, 375), 224), ((333, 500), 224), ((256, 256), 224), ((90, 60), 64), ((40, 30), 64)],
)
def test_the_view_is_torchvisions_resize_and_centre_crop(size, side):
    image = photo(*size)
    transforms = torchvision.transforms
    steps = transforms.Compose([transforms.Resize(int(side / 0.875)), transforms.CenterCrop(side)])
    assert np.array_equal(np.asarray(viewed(image, side, side)), np.asarray(steps(image)))


def test_other_shapes_are_covered_and_pictures_of_the_right_size_stay_whole():
    assert viewed(photo(90, 60), 60, 90).tobytes() == photo(90, 60).tobytes()
    for height, width in ((20, 90), (90, 20), (7, 3)):
        assert viewed(photo(), height, width).size == (width, height)


def test_random_crops_are_drawn_as_torchvisions():
    image = Image.fromarray(np.arange(40 * 60).reshape(40, 60).astype(np.int32))
    ours, theirs = [], []
    from nas.data._picture import _crop

    for seed in range(3000):
        ours.append(_crop(60, 40, random.Random(seed)))
        top, left, tall, wide = torchvision.transforms.RandomResizedCrop.get_params(
            image, (0.08, 1.0), (3 / 4, 4 / 3)
        )
        theirs.append((left, top, wide, tall))
    ours, theirs = np.array(ours), np.array(theirs)
    assert (ours[:, :2] >= 0).all()
    assert (ours[:, 0] + ours[:, 2] <= 60).all()
    assert (ours[:, 1] + ours[:, 3] <= 40).all()
    assert abs(ours.mean(0) - theirs.mean(0)).max() < 1.0
    assert abs(ours.std(0) - theirs.std(0)).max() < 1.0


def test_a_crop_has_the_wanted_size_and_its_chance_decides():
    image = photo()
    first, again = (cropped(image, 32, 48, random.Random(1)) for _ in range(2))
    assert first.size == (48, 32)
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != cropped(image, 32, 48, random.Random(2)).tobytes()
    assert cropped(Image.new("RGB", (1000, 2)), 8, 8, random.Random(0)).size == (8, 8)
