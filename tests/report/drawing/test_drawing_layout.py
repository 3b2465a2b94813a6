"""Every reference's drawing is legible: nothing overlaps, nothing is cut off, no edge crosses a
box."""

from __future__ import annotations

import pytest
from legible import assert_legible, crosses, meeting

from nas.genotype import parse
from nas.report.drawing import laid_out
from nas.report.drawing.marks import Curve, Rect, Text
from nas.report.drawing.page import Page
from nas.zoo import references


def drawn(name: str) -> Page:
    return laid_out(references()[name].genotype, title=name)


@pytest.mark.parametrize("name", references())
def test_a_reference_is_legible(name: str) -> None:
    assert_legible(drawn(name))


ODD = {
    "nothing but an image": "image(3, 8, 8)",
    "zeros": "image(3, 8, 8) >> zero >> classifier(2)",
    "long": "image(3, 8, 8) >> "
    + " >> ".join(f"conv({8 + i % 7})" for i in range(300))
    + " >> classifier(2)",
    "wide": "image(3, 8, 8) >> ("
    + " | ".join(f"conv({8 + i % 7}, {1 + 2 * (i % 4)})" for i in range(120))
    + ") >> classifier(2)",
    "nested": "image(3, 8, 8) >> ((conv(8) | conv(8, 3)) * 3 >> (identity + conv(16)) * 2 >> norm)"
    " * 3 >> classifier(2)",
    "far skips": 'image(3, 8, 8) >> conv(8) @ "a" >> conv(8, 3) @ "b" >> tap("a", "b") >> conv(8)'
    ' @ "c" >> tap("a", "c") >> conv(4) >> tap("a", "b", "c") >> classifier(2)',
    "heads beside each other": "image(3, 32, 32) >> conv(8) >> aux(classifier(10)) >> conv(8)"
    " >> aux(conv(4) >> classifier(10)) >> aux(classifier(3)) >> classifier(10)",
    "a long name": f'image(3, 8, 8) >> (conv(8) | conv(8)) @ "{"n" * 60}" >> classifier(2)',
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_an_odd_network_is_legible(text: str) -> None:
    assert_legible(laid_out(parse(text)))


def test_many_branches_are_one_box_that_says_how_many() -> None:
    said = [mark.text for mark in laid_out(parse(ODD["wide"])).marks if isinstance(mark, Text)]
    assert "120 side by side" in said


def test_overlaps_would_be_found() -> None:
    box, beside = Rect(0, 0, 100, 30, "conv"), Rect(90, 10, 40, 30, "conv")
    assert list(meeting([box], [beside])) == [(box, beside)]
    assert list(meeting([box], [Rect(100, 0, 40, 30, "conv")])) == []
    assert crosses(Curve(((50, -20), (50, 80))), box.box)
    assert crosses(Curve(((-50, 15), (150, 15))), box.box)
    assert not crosses(Curve(((50, -20), (50, 0))), box.box)
    assert not crosses(Curve(((-5, 40), (150, 40))), box.box)


def test_a_long_row_of_text_is_cut_inside_its_box() -> None:
    long = " >> ".join(["act"] * 30)
    page = laid_out(parse(f"image(3, 32, 32) >> ({long}) * 2 >> classifier(10)"))
    assert any(mark.text.endswith("…") for mark in page.marks if isinstance(mark, Text))


def test_equal_genotypes_give_equal_pages() -> None:
    assert drawn("nasnetamobile") == drawn("nasnetamobile")
