"""A figure's files: SVG and PNG drawn without a browser, and its rows as CSV."""

from __future__ import annotations

import csv as tables
import io
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from nas.report.figures.figure import Figure
from nas.report.figures.theme import config

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SCALE = 2.0  # pixels of a PNG for one of the drawing's


def svg(figure: Figure, *, dark: bool = False, width: int = Figure.WIDTH) -> str:
    """The picture, `width` pixels wide with its axes; ValueError where it can't be drawn."""
    if not figure.drawn:
        raise ValueError(f"{figure.name}: {figure.why}")
    from vl_convert import vegalite_to_svg

    # Nothing is ever loaded from an address: all data is in the specification.
    drawn: str = vegalite_to_svg(figure.vega(width), config=config(dark=dark), allowed_base_urls=[])
    return drawn


def png(figure: Figure, *, dark: bool = False, width: int = Figure.WIDTH) -> bytes:
    """The same in pixels, twice as many along each side."""
    from vl_convert import svg_to_png

    drawn: bytes = svg_to_png(svg(figure, dark=dark, width=width), scale=SCALE)
    return drawn


def csv(rows: Sequence[DataclassInstance]) -> str:
    """Rows as CSV with a heading of the fields' names; floats whole, None as nothing."""
    text = io.StringIO()
    writer = tables.writer(text, lineterminator="\n")
    if rows:
        names = [each.name for each in fields(rows[0])]
        writer.writerow(names)
        writer.writerows([getattr(row, name) for name in names] for row in rows)
    return text.getvalue()


def save(figure: Figure, folder: Path) -> tuple[Path, ...]:
    """Write `NAME.svg`, `NAME.png` and `NAME.csv` (further tables as `NAME-TABLE.csv`) into a
    folder that is there; the paths. Of a figure that can't be drawn, nothing."""
    if not figure.drawn:
        return ()
    drawn = svg(figure)
    texts = {f"{figure.name}.svg": drawn}
    for place, table in enumerate(figure.tables):
        texts[f"{figure.name}{f'-{table.name}' if place else ''}.csv"] = csv(table.rows)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    from vl_convert import svg_to_png

    picture = folder / f"{figure.name}.png"
    picture.write_bytes(svg_to_png(drawn, scale=SCALE))
    return (*(folder / name for name in texts), picture)
