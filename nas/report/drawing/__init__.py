"""Drawings: a network on one page, as a figure of a paper shows it.

`nas.report.drawing.svg(genotype)` is an SVG element as text, to be written into a file or to stand
in a page as it is: light or dark as its reader likes it, with text that can be searched.
`png(svg)` is the same as pixels. On the left stands the network, a box for each stage on bands of
one map size; on the right the inside of each distinct block, drawn once with all its values.
"""

from __future__ import annotations

from typing import TypeAlias

from nas.costs import Cost, cost
from nas.errors import GenotypeError
from nas.genotype import Genotype
from nas.quantity import spoken
from nas.report.drawing.fold import NO_CHOICES, Choices
from nas.report.drawing.network import picture
from nas.report.drawing.page import Page, page
from nas.report.drawing.paint import Theme, painted

__all__ = ["Page", "Theme", "laid_out", "png", "svg"]

WIDTH = 1600  # pixels of a PNG


def svg(genotype: Genotype, *, title: str = "", source: str = "", theme: Theme = Theme.AUTO) -> str:
    """A network's drawing as one SVG element; equal genotypes give equal bytes.

    `source` stands below the title: a paper, a trial. Raises GenotypeError where shapes don't fit.
    """
    return painted(laid_out(genotype, title=title, source=source), theme)


def png(drawing: str, width: int = WIDTH) -> bytes:
    """An SVG drawing as a PNG of that many pixels across."""
    import re

    import vl_convert

    found = re.search(r'width="([\d.]+)"', drawing)
    assert found is not None
    made: bytes = vl_convert.svg_to_png(drawing, scale=width / float(found[1]))
    return made


def laid_out(genotype: Genotype, *, title: str = "", source: str = "") -> Page:
    """The drawing as marks with their places, before it is painted."""
    networks, choices, told = _space(genotype) if genotype.open else _network(genotype)
    lines = [source] if source else []
    shape = " × ".join(map(str, networks[0][1].graph.input.shape))
    lines.append(" · ".join([f"input {shape}", *told]))
    return page(picture(networks, choices), title or "Network", lines)


Drawn: TypeAlias = tuple[list[tuple[Genotype, Cost]], Choices, list[str]]


def _network(genotype: Genotype) -> Drawn:
    counted = cost(genotype)
    told = [f"{spoken(counted.params)} parameters", f"{spoken(counted.macs)} multiply-adds"]
    return [(genotype, counted)], NO_CHOICES, told


def _space(genotype: Genotype) -> Drawn:
    """Networks with all options between them; those whose shapes don't fit are left out."""
    from nas.report.drawing.options import variants
    from nas.space import Space

    networks, choices = variants(genotype)
    counted = []
    for network in networks:
        try:
            counted.append((network, cost(network)))
        except GenotypeError as error:
            refused = error
    if not counted:
        raise refused
    space = Space(genotype)
    size = f"{space.size:,}" if space.size < 10**9 else f"{float(space.size):.2g}"
    return counted, choices, [f"{len(space.decisions)} decisions", f"{size} networks"]
