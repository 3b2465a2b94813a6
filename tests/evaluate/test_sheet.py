"""Sheets of pictures: where each lies, how large, and what is cut away."""

import pytest
import torch
from PIL import Image

from nas.errors import RunError
from nas.evaluate.sheet import BORDER, MARGIN, save, seen, sheet


def causes(*places: tuple[slice, slice], side: int = 16) -> torch.Tensor:
    """A picture for each place: 1 there, rounding elsewhere."""
    made = torch.full((len(places), 1, side, side), 1e-7)
    for picture, (rows, columns) in zip(made, places, strict=True):
        picture[:, rows, columns] = 1.0
    return made


def test_windows_are_cut_around_the_causes_all_of_one_size_and_within_the_image():
    found = seen(
        causes(
            (slice(4, 9), slice(6, 11)),
            (slice(0, 3), slice(15, 16)),  # at the border a unit sees less
            (slice(10, 12), slice(2, 5)),
        )
    )
    assert found == [
        (slice(4, 9), slice(6, 11)),
        (slice(0, 5), slice(11, 16)),
        (slice(8, 13), slice(1, 6)),
    ]


@pytest.mark.parametrize("place", [slice(2, 14), slice(0, 0)], ids=["most of it", "nothing"])
def test_whole_images_are_shown_where_a_window_would_show_little_less(place):
    assert seen(causes((place, place))) == [(slice(0, 16), slice(0, 16))]


def test_small_pictures_are_enlarged_by_a_whole_number_and_lie_in_squares():
    images = torch.arange(5, dtype=torch.uint8)[:, None, None, None].expand(5, 1, 28, 28) * 10
    marks = torch.zeros(5, 1, 28, 28)
    marks[:, :, :, :14], marks[:, :, :, 14:] = -2.0, 1.0
    page = sheet([(images, marks), (images[:1], marks[:1])])
    side = 4 * 28 + BORDER  # 28 pixels fourfold are the first that reach 96
    # five images take three columns and three rows, one image one
    assert page.shape == (3, MARGIN + (3 * side + MARGIN) + (side + MARGIN), 3 * MARGIN + 6 * side)
    left, top = MARGIN + BORDER // 2, MARGIN + BORDER // 2
    for index in range(5):
        row, column = divmod(index, 3)
        at = page[:, top + row * side :, left + column * side :][:, :112, :112]
        assert (at == 10 * index).all()
    right = page[:, top:, 2 * MARGIN + 3 * side + BORDER // 2 :][:, :112, :112]
    assert right[0, 0].tolist() == [0] * 56 + [191] * 56  # stretched by 2 around 127.5
    assert (page[:, :MARGIN] == 255).all()


def test_a_sheet_is_saved_as_a_png_or_the_reason_is_told(tmp_path):
    colours = torch.randint(256, (4, 3, 100, 120), dtype=torch.uint8)
    page = sheet([(colours, torch.randn(4, 3, 100, 120))])
    save(page, tmp_path / "unit.png")
    with Image.open(tmp_path / "unit.png") as picture:
        assert picture.format == "PNG"
        # two squares of two by two: too large to be enlarged
        assert picture.size == (
            2 * 2 * (120 + BORDER) + 3 * MARGIN,
            2 * (100 + BORDER) + 2 * MARGIN,
        )
    with pytest.raises(RunError, match=r"nowhere/x\.png: can't be written"):
        save(page, tmp_path / "nowhere" / "x.png")
