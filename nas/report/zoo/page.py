"""The page of the references: the field's history in figures, ideas, a table and drawings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version
from itertools import groupby

from nas.quantity import spoken
from nas.report.drawing import svg
from nas.report.page import (
    Markup,
    Section,
    code,
    document,
    drawing,
    element,
    folded,
    join,
    link,
    sortable,
)
from nas.report.table import Column
from nas.report.zoo.history import History
from nas.zoo._history import ENTRIES, RESULTS

_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
_DOI = re.compile(r"doi:(10\.\S+)")
_GITHUB = re.compile(r"([\w-]+/[\w.-]*\w)[ ,]")
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)


def page(found: History) -> str:
    """The whole page as HTML."""
    challenge, errors, *sizes = found.figures
    families = len({each.family for each in found.records})
    head = (
        f"{len(found.records)} networks of {families} families, from LeNet-5 to today, as nas "
        f"{version('nas')} has them. Errors and accuracies are quoted from the sources beside "
        "them; parameters and multiply-accumulates (MACs) are counted from the networks "
        "themselves, for one image of each network's own size."
    )
    sections = [
        Section("errors", "Errors by year", [challenge, errors, *_quoted()]),
        Section("efficiency", "Accuracy against cost", sizes),
        Section("ideas", "Which idea came when", [_ideas(found)]),
        Section("table", "All networks", [*_table(found)]),
        Section("drawings", "Drawings", [*_drawings(found)]),
    ]
    return document(
        "Image classifiers, 1998 to today", [element("p", head, class_="lead")], sections
    )


def cited(text: str) -> Markup:
    """A citation as a link to its paper or repository, where it names one."""
    for pattern, address in (
        (_ARXIV, "https://arxiv.org/abs/{}"),
        (_DOI, "https://doi.org/{}"),
        (_GITHUB, "https://github.com/{}"),
    ):
        found = pattern.search(text) if pattern is not _GITHUB else pattern.match(f"{text} ")
        if found:
            return link(text, address.format(found[1]))
    return join([text])


def _quoted() -> Iterator[Markup]:
    """The figures with their sources, of what isn't in the table of networks."""
    columns = [Column("year", number=True), Column("name"), Column("top-1", number=True)]
    columns += [Column("top-5", number=True), Column("how", wraps=True)]
    columns += [Column("published in", wraps=True)]
    rows: list[tuple[object, ...]] = [
        (
            e.year,
            e.name,
            "",
            f"{e.top5_error:g}",
            f"challenge, test images, place {e.place}",
            e.source,
        )
        for e in ENTRIES
    ]
    rows += [
        (r.year, r.name, f"{r.top1_error:g}", _percent(r.top5_error), r.how, r.source)
        for r in RESULTS
    ]
    rows.sort(key=lambda row: str(row[0]))
    cells = [(*row[:-1], cited(str(row[-1]))) for row in rows]
    yield folded(
        "The challenge's and other results that are no single crop",
        sortable(columns, cells, keys=rows),
    )


def _percent(error: float | None) -> str:
    return "" if error is None else f"{error:g}"


def _ideas(found: History) -> Markup:
    years = []
    for year, steps in groupby(found.steps, key=lambda each: each.year):
        items = [
            element(
                "li",
                element("strong", step.name),
                f": {step.idea} (",
                cited(step.source),
                ")",
            )
            for step in steps
        ]
        years += [element("dt", element("strong", year)), element("dd", element("ul", *items))]
    return element("dl", *years, class_="years")


def _table(found: History) -> Iterator[Markup | str]:
    yield "A click on a heading sorts. Errors are in percent, top-1 and top-5, on one crop."
    columns = [Column("year", number=True), Column("network"), Column("family")]
    columns += [Column(name, number=True) for name in ("parameters", "MACs", "image")]
    columns += [Column("top-1", number=True), Column("top-5", number=True)]
    columns += [Column("figures from", wraps=True), Column("paper", wraps=True)]
    rows, keys = [], []
    for each in found.records:
        errors = [each.top1, each.top5]
        rows.append(
            (
                each.year,
                each.name,
                each.family,
                spoken(each.params),
                spoken(each.macs),
                "x".join(map(str, each.image[1:])),
                *map(_percent, errors),
                cited(each.source),
                cited(each.paper),
            )
        )
        costs = (each.params, each.macs, each.image[1])
        keys.append((each.year, each.name, each.family, *costs, *errors, each.source, each.paper))
    yield element("div", sortable(columns, rows, keys=keys), class_="tall")


def _drawings(found: History) -> Iterator[Markup | str]:
    yield "Every network, drawn from its genotype; open a family, then a network."
    families: dict[str, list[Markup]] = {}
    seen: set[str] = set()
    for each in found.records:
        genotype = found.references[each.name].genotype
        drawn = svg(genotype, title=each.name, source=each.paper)
        figures = f"{spoken(each.params)} parameters, {spoken(each.macs)} MACs"
        families.setdefault(each.family, []).append(
            folded(
                f"{each.name}, {each.year}: {figures}",
                drawing(_once(drawn, seen)),
                code(str(genotype)),
            )
        )
    for family in sorted(families, key=str.lower):
        count = len(families[family])
        yield folded(f"{family} ({count} network{'s' * (count > 1)})", *families[family])


def _once(drawn: str, seen: set[str]) -> str:
    """A drawing without the style that another one on the page has brought already."""

    def kept(found: re.Match[str]) -> str:
        if found[0] in seen:
            return ""
        seen.add(found[0])
        return found[0]

    return _STYLE.sub(kept, drawn)
