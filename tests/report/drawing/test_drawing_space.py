"""A search space is drawn with every option of its choices."""

from __future__ import annotations

import pytest
from legible import assert_legible

import nas
from nas.errors import GenotypeError
from nas.report.drawing import laid_out
from nas.report.drawing.marks import Text
from nas.report.drawing.options import variants
from nas.report.drawing.page import Page
from nas.space.library import known, load


def texts(page: Page) -> list[str]:
    return [mark.text for mark in page.marks if isinstance(mark, Text)]


@pytest.mark.parametrize("name", ["mbconv", "nas_bench_201", "nasnet", "inception", "plain"])
def test_a_space_is_legible(name: str) -> None:
    assert_legible(laid_out(load(known()[name].stem), title=name))


def test_values_stand_side_by_side() -> None:
    space = nas.parse(
        "image(3, 32, 32) >> conv(choice(8, 16), choice(3, 5, 7)) * choice(1, 2) >> classifier(10)"
    )
    said = texts(laid_out(space))
    assert "3×3|5×5|7×7 conv, 8|16 · BN, ReLU" in said
    assert "× 1|2" in said
    assert "8|16 × 32 × 32" in said
    assert "input 3 × 32 × 32 · 3 decisions · 12 networks" in said


def test_options_that_differ_in_rank_stand_together() -> None:
    """MnasNet's space: whether squeezed or not, kept or not, a block may have either kernel, and
    the first stage one or two of them."""
    said = texts(laid_out(load("mbconv")))
    assert "× 1|2" in said
    assert sum(text in ("3×3|5×5 mbconv", "3×3|5×5 mbconv (/2)") for text in said) == 6


def test_a_choice_of_settings_is_drawn_as_what_it_changes() -> None:
    space = nas.parse(
        "image(3, 32, 32) >> choice(default(act='relu'), default(act='silu')) >> conv(16)"
        " >> classifier(10)"
    )
    said = texts(laid_out(space))
    assert "1×1 conv, 16 · BN, ReLU|SiLU" in said


def test_branches_of_many_widths_are_told_from_the_narrowest_on() -> None:
    said = texts(laid_out(load("inception")))
    assert "a3:  32 | 64 | 64 | 32 … 96 | 128 | 64 | 64" in said


def test_expressions_are_listed() -> None:
    space = nas.parse(
        "image(3, 32, 32) >> conv(8)"
        " >> choice(conv(16, 3) * 2, maxpool(3, stride=2) >> conv(16), identity) >> classifier(10)"
    )
    row = "3×3 conv, 16 × 2 | 3×3 maxpool /2 → 1×1 conv, 16 | identity"
    assert any(each.startswith(row[:40]) for each in texts(laid_out(space)))


def test_nas_bench_201_lists_its_five_operations_on_six_edges() -> None:
    said = texts(laid_out(load("nas_bench_201")))
    for option in ("zero", "identity", "act → 1×1 conv", "act → 3×3 conv", "3×3 avgpool"):
        assert said.count(option) == 6  # arXiv:2001.00326, Figure 1


def test_many_options_have_a_list_of_their_own() -> None:
    said = texts(laid_out(load("nasnet")))
    assert "13 options" in said  # arXiv:1707.07012, section 3: thirteen operations


def test_every_option_stands_in_some_network() -> None:
    space = load("mbconv")
    networks, choices = variants(space)
    assert not choices
    assert not any(network.open for network in networks)
    told = "\n".join(map(str, networks))
    for width in (16, 24, 32, 40, 48, 64, 80, 72, 96, 120, 160, 200, 240, 320, 400):
        assert f"mbconv({width}" in told


def test_a_space_whose_networks_all_fail_says_why() -> None:
    space = nas.parse("image(3, 4, 4) >> conv(8, choice(9, 11), padding=0) >> classifier(2)")
    with pytest.raises(GenotypeError, match="conv"):
        laid_out(space)
