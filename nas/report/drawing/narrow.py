"""A figure too wide for a page: boxes of one kind, side by side, as one that says how many."""

from __future__ import annotations

from collections.abc import Sequence

from nas.report.drawing.fold import Unit, Vertex
from nas.report.drawing.label import Kind, Label, merged
from nas.report.drawing.layers import ranked


def narrowed(unit: Unit) -> tuple[Unit, tuple[int, ...]]:
    """The figure with one box for all of a kind in a layer, and which of the boxes stands there
    first."""
    ranks = ranked(len(unit.vertices), unit.edges)
    classes: dict[object, list[int]] = {}
    for number, vertex in enumerate(unit.vertices):
        classes.setdefault((ranks[number], vertex.key), []).append(number)
    place = {number: n for n, some in enumerate(classes.values()) for number in some}
    vertices = tuple(_together([unit.vertices[i] for i in some]) for some in classes.values())
    edges = dict.fromkeys((place[a], place[b]) for a, b in unit.edges)
    return Unit(unit.title, vertices, tuple(edges)), tuple(some[0] for some in classes.values())


def _together(some: Sequence[Vertex]) -> Vertex:
    if len(some) == 1:
        return some[0]
    label = merged([vertex.label for vertex in some])
    if label.kind in (Kind.INPUT, Kind.OUTPUT, Kind.JOIN):
        return Vertex(label, some[0].units)
    facts = (*label.facts, ("beside", (f"{len(some)} side by side",)))
    return Vertex(Label(label.kind, label.what, facts), some[0].units)
