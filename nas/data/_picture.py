"""One picture file: upright, in red, green and blue, whatever it was saved as."""

from __future__ import annotations

import io
import math
import random
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image as Picture

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
# what Pillow raises for a damaged file, according to its format
CORRUPT = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, DataError)
SHARE = 0.875  # of the shorter side that is seen when scoring
AREA = (0.08, 1.0)  # of a random crop, share of the picture
ASPECT = (3 / 4, 4 / 3)  # of a random crop, width by height
TRIES = 10  # to find a crop that fits


def opened(file: Path | bytes) -> Picture:
    """The picture in RGB, turned as its EXIF orientation says, its transparent parts white.

    Raises one of `CORRUPT` where the file is none or damaged.
    """
    from PIL import Image, ImageOps

    with _stored(file) as stored:
        stored.load()
        image: Picture = ImageOps.exif_transpose(stored)
    if image.mode == "F":
        raise DataError("its pixels are floats, of which nobody says what white is; save bytes")
    if image.mode.startswith("I"):  # 16 bits of grey, which conversion would cut off at 255
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")


def sides(file: Path) -> tuple[int, int]:
    """Width and height of the picture in pixels, from the head of its file.

    Raises one of `CORRUPT` where the file is none.
    """
    with _stored(file) as stored:
        return stored.size


@contextmanager
def _stored(file: Path | bytes) -> Iterator[Picture]:
    """The picture as it is in the file, of which only the head is read yet."""
    from PIL import Image, UnidentifiedImageError

    source = io.BytesIO(file) if isinstance(file, bytes) else file
    try:
        with Image.open(source, formats=FORMATS) as stored:
            yield stored
    except Image.DecompressionBombError as error:
        raise DataError(str(error)) from error
    except UnidentifiedImageError as error:
        raise DataError("it is no picture in a known format") from error


def decoded(file: Path | bytes) -> NDArray[np.uint8]:
    """The picture as (H, W, 3) bytes."""
    import numpy as np

    return np.asarray(opened(file))


def viewed(image: Picture, height: int, width: int) -> Picture:
    """The middle of the picture at `height` x `width` pixels, as it is scored.

    The side that is scarcer is brought to the wanted one divided by 0.875, then the middle is cut
    out; a picture that has the wanted size already stays whole.
    Source: torchvision's reference evaluation (resize to 256, crop 224).
    """
    from PIL import Image

    if image.size == (width, height):
        return image
    if height * image.width >= width * image.height:
        tall = int(height / SHARE)
        size = (max(width, int(tall * image.width / image.height)), tall)
    else:
        wide = int(width / SHARE)
        size = (wide, max(height, int(wide * image.height / image.width)))
    resized = image.resize(size, Image.Resampling.BILINEAR)
    left, top = round((size[0] - width) / 2), round((size[1] - height) / 2)
    return resized.crop((left, top, left + width, top + height))


def cropped(image: Picture, height: int, width: int, chance: random.Random) -> Picture:
    """A random part of the picture at `height` x `width` pixels, as it is trained on.

    8 % to 100 % of its area at an aspect of 3:4 to 4:3 before it is brought to that size.
    Source: GoogLeNet, arXiv:1409.4842, section 6; torchvision's RandomResizedCrop.
    """
    from PIL import Image

    left, top, wide, tall = _crop(image.width, image.height, chance)
    box = (left, top, left + wide, top + tall)
    return image.crop(box).resize((width, height), Image.Resampling.BILINEAR)


def _crop(width: int, height: int, chance: random.Random) -> tuple[int, int, int, int]:
    """Left, top, width and height of a random crop; the middle of pictures too long for one."""
    for _ in range(TRIES):
        area = width * height * chance.uniform(*AREA)
        aspect = math.exp(chance.uniform(math.log(ASPECT[0]), math.log(ASPECT[1])))
        wide, tall = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < wide <= width and 0 < tall <= height:
            return chance.randint(0, width - wide), chance.randint(0, height - tall), wide, tall
    wide = min(width, round(height * ASPECT[1]))
    tall = min(height, round(width / ASPECT[0]))
    return (width - wide) // 2, (height - tall) // 2, wide, tall
