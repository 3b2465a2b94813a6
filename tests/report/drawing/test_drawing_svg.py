"""A drawing as SVG: well-formed, the same bytes again, and readable on light and dark pages."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from nas.genotype import parse
from nas.report.drawing import Theme, png, svg
from nas.report.drawing.paint import COLOURS, PLAIN
from nas.zoo import references

SVG = "{http://www.w3.org/2000/svg}"


def test_it_is_well_formed_whatever_its_title() -> None:
    network = parse("image(3, 8, 8) >> conv(8) >> classifier(2)")
    root = ElementTree.fromstring(svg(network, title="<a & 'b\">", source="]]> & <i>"))
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert root.tag == f"{SVG}svg"
    assert texts[:2] == ["<a & 'b\">", "]]> & <i>"]


@pytest.mark.parametrize("name", ["googlenet", "nasnetamobile", "swin_t"])
def test_text_is_text_and_bytes_are_the_same_again(name: str) -> None:
    network = references()[name].genotype
    drawn = svg(network, title=name)
    assert drawn == svg(network, title=name)
    root = ElementTree.fromstring(drawn)
    assert len(list(root.iter(f"{SVG}text"))) > 20
    assert "id=" not in drawn  # so that several may stand in one page
    styles = {each for node in root.iter() for each in node.get("class", "").split()}
    assert {each for each in styles if not each.startswith("nas-")} == set()


def test_schemes() -> None:
    network = parse("image(3, 8, 8) >> conv(8) >> classifier(2)")
    auto, light, dark = (svg(network, theme=theme) for theme in Theme)
    assert "prefers-color-scheme: dark" in auto
    assert "prefers-color-scheme" not in light + dark
    assert light != dark


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.1's ratio, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_wcag_has_it() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#ffffff", "#777777") == pytest.approx(4.48, abs=0.01)  # WebAIM's checker


@pytest.mark.parametrize("scheme", [0, 1])
def test_text_stands_out(scheme: int) -> None:
    for name, (fill, line, text) in COLOURS[scheme].items():
        assert contrast(fill, text) >= 7, name  # WCAG's AAA
        assert contrast(PLAIN["panel"][scheme], line) >= 3, name  # its rule for graphics
    for behind in ("page", "band0", "band1", "panel"):
        for name in ("text", "muted"):
            assert contrast(PLAIN[behind][scheme], PLAIN[name][scheme]) >= 4.5


def test_a_png_has_the_colours() -> None:
    network = parse("image(3, 8, 8) >> conv(8) >> classifier(2)")
    assert png(svg(network, theme=Theme.LIGHT)) != png(svg(network, theme=Theme.DARK))
    assert re.match(rb"\x89PNG", png(svg(network), width=320))
