"""A figure's files hold what its rows hold."""

import csv
import struct
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from nas.report.figures import Figure, Table, save, svg
from nas.report.figures.theme import DARK, LIGHT


@dataclass(frozen=True)
class Point:
    name: str
    size: float
    error: float | None


POINTS = tuple(Point(f'"{i}", <b>', i / 7, None if i == 3 else 10.0 - i) for i in range(9))
SPEC = {
    "mark": "point",
    "encoding": {
        "x": {"field": "size", "type": "quantitative", "title": "size (M)"},
        "y": {"field": "error", "type": "quantitative", "title": "error (%)"},
    },
}


def figure() -> Figure:
    return Figure("sizes", "Sizes", SPEC, (Table("points", POINTS, POINTS[:5]),))


def test_the_csv_holds_every_row_to_the_bit_and_the_picture_those_shown(tmp_path: Path) -> None:
    save(figure(), tmp_path)
    with (tmp_path / "sizes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [point.name for point in POINTS]
    assert [float(row["size"]) for row in rows] == [i / 7 for i in range(9)]
    assert rows[3]["error"] == ""
    drawn = ElementTree.fromstring((tmp_path / "sizes.svg").read_text())
    symbols = [
        path
        for path in drawn.iter("{http://www.w3.org/2000/svg}path")
        if "size (M)" in str(path.attrib)
    ]
    assert len(symbols) == 4  # of five shown, one has no error


def test_a_png_is_twice_as_wide_as_the_drawing(tmp_path: Path) -> None:
    save(figure(), tmp_path)
    data = (tmp_path / "sizes.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">I", data[16:20])[0] == 2 * Figure.WIDTH


def test_both_themes_draw_on_their_own_ground() -> None:
    assert LIGHT.ground in svg(figure())
    assert DARK.ground in svg(figure(), dark=True)


def test_what_is_not_finite_is_no_number() -> None:
    row = Point("a", float("nan"), float("inf"))
    (drawn,) = Figure("x", "X", SPEC, (Table("points", (row,)),)).vega()["datasets"]["points"]
    assert drawn == {"name": "a", "size": None, "error": None}


def test_a_missing_figure_writes_nothing_and_says_why(tmp_path: Path) -> None:
    missing = Figure.missing("sizes", "Sizes", "nothing has been measured yet")
    assert save(missing, tmp_path) == ()
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="nothing has been measured yet"):
        svg(missing)


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_stands_out_from_the_ground(theme: object) -> None:
    assert isinstance(theme, type(LIGHT))

    def contrast(colour: str) -> float:
        pair = sorted((luminance(colour), luminance(theme.ground)))
        return (pair[1] + 0.05) / (pair[0] + 0.05)

    for text in (theme.text, theme.faint):
        assert contrast(text) >= 4.5
    for mark in (theme.quiet, theme.accent, *theme.categories):
        assert contrast(mark) >= 3
