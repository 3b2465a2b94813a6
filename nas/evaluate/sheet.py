"""Pictures side by side, in squares of as many columns as rows, large enough to be seen.

As ZFNet's figure 2 shows a unit: arXiv:1311.2901.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from nas.errors import RunError

LEGIBLE = 96  # pixels: the side that small pictures are enlarged to, at least
BORDER = 4  # pixels between pictures
MARGIN = 16  # pixels between squares
WHITE, LINE = 255, 64  # the page, and the line around each picture
WHOLE = 0.75  # of the image's sides: a window as large shows little more than the image itself
FAINT = 0.01  # of a picture's strongest pixel: less is the same grey to the eye


def sheet(units: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """One picture (3, H, W), bytes: a row for each unit, its images left and their causes right.

    A unit's images are bytes (K, C, H, W), its causes floats of that shape, stretched around grey
    picture by picture. Both are cut to what the unit sees, where that is a small part of an image,
    and enlarged by a whole number.
    """
    rows = [_row(images, causes) for images, causes in units]
    width = max(row.shape[2] for row in rows)
    page = torch.full((3, MARGIN, width), WHITE, dtype=torch.uint8)
    for row in rows:
        held = torch.full((3, row.shape[1] + MARGIN, width), WHITE, dtype=torch.uint8)
        held[:, : row.shape[1], : row.shape[2]] = row
        page = torch.cat([page, held], 1)
    return page


def save(picture: Tensor, path: Path) -> None:
    """`picture` (3, H, W), bytes, as a PNG. Raises `RunError` where the file can't be written."""
    from PIL import Image

    try:
        Image.fromarray(picture.permute(1, 2, 0).contiguous().numpy()).save(path, "PNG")
    except OSError as error:
        raise RunError(f"{path}: can't be written: {error.strerror or error}") from error


def seen(causes: Tensor) -> list[tuple[slice, slice]]:
    """The window of each picture (K, C, H, W) in which its causes lie: rows and columns.

    All are of one size, the largest that is needed, and whole images where that is most of one.
    """
    height, width = causes.shape[2:]
    strength = causes.abs().amax(1)
    marked = strength > FAINT * strength.amax((1, 2), keepdim=True)
    down, right = ([_span(line) for line in marked.any(axis)] for axis in (2, 1))
    tall, wide = (max(end - start for start, end in spans) for spans in (down, right))
    if max(tall / height, wide / width) >= WHOLE or not tall:
        return [(slice(0, height), slice(0, width))] * len(causes)
    return [
        (_centred(rows, tall, height), _centred(columns, wide, width))
        for rows, columns in zip(down, right, strict=True)
    ]


def _span(marked: Tensor) -> tuple[int, int]:
    """From the first to behind the last place that is marked; (0, 0) where none is."""
    places = marked.nonzero()[:, 0].tolist()
    return (places[0], places[-1] + 1) if places else (0, 0)


def _centred(span: tuple[int, int], size: int, room: int) -> slice:
    """`size` places around the middle of `span`, within `room`."""
    start = min(max(0, (sum(span) - size) // 2), room - size)
    return slice(start, start + size)


def _row(images: Tensor, causes: Tensor) -> Tensor:
    windows = seen(causes)
    reach = causes.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
    grey = (127.5 + 127.5 * causes / reach).round().clamp(0, 255).byte()
    left, right = (
        _square(
            [each[:, rows, columns] for each, (rows, columns) in zip(all_, windows, strict=True)]
        )
        for all_ in (images, grey)
    )
    gap = torch.full((3, left.shape[1], MARGIN), WHITE, dtype=torch.uint8)
    return torch.cat([gap, left, gap, right, gap], 2)


def _square(pictures: Sequence[Tensor]) -> Tensor:
    """Pictures (C, H, W), enlarged, in as many columns as rows, on white: (3, H', W')."""
    _, height, width = pictures[0].shape
    factor = math.ceil(LEGIBLE / max(height, width))
    tall, wide = factor * height, factor * width
    side = math.isqrt(len(pictures) - 1) + 1
    square = torch.full(
        (3, side * (tall + BORDER), side * (wide + BORDER)),
        WHITE,
        dtype=torch.uint8,
    )
    for index, picture in enumerate(pictures):
        row, column = divmod(index, side)
        top, left = (
            BORDER // 2 + at * (size + BORDER) for at, size in ((row, tall), (column, wide))
        )
        large = picture.repeat_interleave(factor, 1).repeat_interleave(factor, 2)
        square[:, top - 1 : top + tall + 1, left - 1 : left + wide + 1] = LINE
        square[:, top : top + tall, left : left + wide] = large
    return square
